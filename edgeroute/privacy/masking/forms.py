"""Every form of every known value, in any text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from edgeroute.privacy.masking.names import NameForms, Person, Spot
from edgeroute.privacy.masking.placeholders import LITERAL, URL, Masked
from edgeroute.privacy.masking.values import ValueForms

_BASE: Final = re.compile(r"([A-Z_]+_\d+)(?:_FULL)?")


class KnownForms:
    """Finds the forms of what ``entries`` stand for."""

    def __init__(self, entries: Iterable[Masked]) -> None:
        people: list[Person] = []
        values: list[tuple[str, str, str]] = []
        for entry in entries:
            base = _BASE.fullmatch(entry.name)
            if base is None or entry.type in {LITERAL, URL}:
                continue
            if entry.type == "PERSON":
                people.append(Person(base[1], entry.value))
            values.append((base[1], entry.type, entry.value))
        self._names = NameForms(people)
        self._values = ValueForms(values)

    def find(self, text: str, *, certain: bool = False) -> list[Spot]:
        """The forms in ``text``, in order; those that overlap are one.

        It is ``certain`` that a name which is also a word is the name.
        """
        spots = sorted(
            [*self._names.find(text, certain=certain), *self._values.find(text)],
            key=lambda spot: (spot.start, -spot.end, spot.role),
        )
        found: list[Spot] = []
        for spot in spots:
            if not found or spot.start >= found[-1].end:
                found.append(spot)
            elif spot.end > found[-1].end:
                last = found[-1]
                found[-1] = Spot(last.start, spot.end, last.people, "FORM")
        return found

    def whole(self, value: str) -> Spot | None:
        """The form that ``value`` is as a whole; None where it is none."""
        found = self.find(value, certain=True)
        if len(found) == 1 and found[0].start == 0 and found[0].end == len(value):
            return found[0]
        return None
