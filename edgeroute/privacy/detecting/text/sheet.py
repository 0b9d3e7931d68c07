"""Several short texts on one page, each with the place that it came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Final

# Where ``[start, end)`` of a reading lies in the text that was read.
Place = Callable[[int, int], tuple[int, int]]

_GAP: Final = "\n\n"


def always(start: int, end: int) -> Place:
    """The place of a reading of which every part means the whole of ``[start, end)``."""
    return lambda *_: (start, end)


class Sheet:
    """Texts below each other, with a blank line between them."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._begun: list[int] = []
        self._places: list[Place] = []
        self._length = 0

    def __bool__(self) -> bool:
        return bool(self._texts)

    def add(self, text: str, place: Place) -> None:
        """Put ``text`` on the sheet."""
        self._texts.append(text)
        self._begun.append(self._length)
        self._places.append(place)
        self._length += len(text) + len(_GAP)

    @property
    def text(self) -> str:
        """The whole sheet."""
        return _GAP.join(self._texts)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where ``[start, end)`` of the sheet came from: from its first text to its last one."""
        first = bisect_right(self._begun, start) - 1
        last = max(first, bisect_right(self._begun, max(start, end - 1)) - 1)
        if first == last:
            begun = self._begun[first]
            return self._places[first](start - begun, min(end - begun, len(self._texts[first])))
        begun, ended = self._begun[first], self._begun[last]
        start_of = self._places[first](start - begun, len(self._texts[first]))[0]
        end_of = self._places[last](0, min(end - ended, len(self._texts[last])))[1]
        return start_of, max(end_of, start_of + 1)
