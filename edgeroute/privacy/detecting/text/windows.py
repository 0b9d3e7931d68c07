"""A text in windows that are weighed one by one: some sentences or lines each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Generic, Protocol, TypeVar

SIZE: Final = 520  # characters; a usual prompt is one window
_LEAST: Final = 160
_SENTENCE: Final = 30  # characters that may tell something
_BORDERS: Final = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n|(?<=[.!?;])\s|[\u3002\uff01\uff1f\u0964\u061f]"),
    re.compile(r"\s|[,\u3001\uff0c\u060c]"),
)


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Where each window of ``text`` starts and ends. They follow each other without a gap."""
    start, length = 0, len(text)
    while length - start > SIZE:
        end = start + SIZE
        for border in _BORDERS:
            places = [match.end() for match in border.finditer(text, start + _LEAST, end)]
            if places:
                end = places[-1]
                break
        yield start, end
        start = end
    if start < length:
        yield start, length


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Where paragraphs of ``text`` are that are shorter than a window, but more than a few
    words.
    """
    start = 0
    for end in [*(match.end() for match in _BORDERS[0].finditer(text)), len(text)]:
        if _SENTENCE <= end - start <= SIZE:
            yield start, end
        start = end


class OpenWindows:
    """The windows of a text that are read. ``places`` are theirs, in order."""

    def __init__(self, places: Iterable[tuple[int, int]]) -> None:
        self.places = list(places)
        self._ends = [end for _, end in self.places]

    def touches(self, start: int, end: int) -> bool:
        """Whether a part of ``[start, end)`` is read."""
        number = bisect_right(self._ends, start)
        return number < len(self.places) and self.places[number][0] < end


class _Placed(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


T = TypeVar("T", bound=_Placed)


class ByPlace(Generic[T]):
    """What was found in a text, looked up by place: a window costs what is near it alone."""

    def __init__(self, found: Sequence[T]) -> None:
        self._found = found
        self._near: dict[int, list[int]] = defaultdict(list)
        for number, one in enumerate(found):
            for cell in range(one.start // SIZE, one.end // SIZE + 1):
                self._near[cell].append(number)

    def touching(self, start: int, end: int) -> list[T]:
        """What touches ``[start, end)``, in the order in which it was given."""
        cells = range(start // SIZE, end // SIZE + 1)
        near = sorted({number for cell in cells for number in self._near.get(cell, ())})
        found = (self._found[number] for number in near)
        return [one for one in found if one.start < end and one.end > start]
