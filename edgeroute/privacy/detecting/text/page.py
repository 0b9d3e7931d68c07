"""One text while it is read: the words around a place, and what kind of text it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from edgeroute.privacy.detecting.text.attribution import Attribution
    from edgeroute.privacy.detecting.text.code_form import CodeForm
    from edgeroute.privacy.detecting.text.trials import Trials

from edgeroute.privacy.detecting.dummies import claims, spans

DIGIT: Final = re.compile(r"\d")
WORD: Final = re.compile(r"[^\W\d_]+")
_DIGITS: Final = re.compile(r"\d+")
CODE: Final = re.compile(r"\d(?:[ ./A-Za-z-]{0,3}\d){3,}|(?<![A-Za-z0-9])(?=[A-Z]*\d)[A-Z0-9]{8,}")
_NUMBER: Final = re.compile(r"\d(?:[ ./A-Za-z-]{0,2}\d){3,}")
# A longer number, an identifier in hex or a version that goes on beside a number.
_BEGAN: Final = re.compile(r"\d[^\W\d_]{0,16}$|\d[A-Fa-f]{0,16}-$")
_COUNTED: Final = re.compile(r"[^\W\d_]{3}[_-]?\d{1,2}-$")  # a word with its number: scan2-
_GOES_ON: Final = re.compile(r"[^\W\d_]{0,16}\d|-[A-Fa-f]{0,16}\d|\.\d")
_JOINED: Final = re.compile(r"[\w/-]")


@dataclass(frozen=True, slots=True)
class Hit:
    """Personal data of ``type`` at ``[start, end)`` of a page, as sure as ``score`` (0..1).

    ``source`` names the recogniser where it is not the finder itself, ``pattern`` which of its
    patterns matched, ``context`` which of its own words stood before. ``weighed`` says that it
    does not decide alone.
    """

    type: str
    start: int
    end: int
    score: float
    source: str = ""
    pattern: str = ""
    context: str = ""
    weighed: bool = False


PUBLIC: Final = 0.4  # the score of what is published: it counts at strict and not at balanced


class OverBudget(Exception):
    """Reading the page took longer than it may."""


class Page:
    """A text that recognisers read. ``text`` is already normalised; ``lower`` has its length.

    ``tick`` is called between steps of long work and raises OverBudget once time is up.
    ``full`` asks for every finding, otherwise the first one that counts is enough. ``allowed``
    says which exact strings do not count.
    """

    def __init__(
        self,
        text: str,
        *,
        full: bool = False,
        tick: Callable[[], None] = lambda: None,
        allowed: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.text = text
        self.full = full
        self.tick = tick
        self.allowed = allowed
        self._held: dict[re.Pattern[str] | None, bool] = {}

    @cached_property
    def lower(self) -> str:
        """``text`` in lower case, character for character."""
        lowered = self.text.lower()
        if len(lowered) == len(self.text):
            return lowered
        return "".join(c.lower() if len(c.lower()) == 1 else c for c in self.text)

    @cached_property
    def said(self) -> str:
        """``text`` as models read it, character for character: without checksums."""
        from edgeroute.privacy.detecting.text.code_form import (  # noqa: PLC0415 - word lists
            without_checksums,
        )

        return without_checksums(self.text)

    @cached_property
    def dummies(self) -> list[tuple[int, int]]:
        """Where published example values are."""
        return spans(self.lower)

    def dummy(self, hit: Hit) -> bool:
        """Whether ``hit`` is only a published example value, or a part of one."""
        return claims(self.dummies, self.lower, hit.type, hit.start, hit.end)

    def holds(self, needed: re.Pattern[str] | None) -> bool:
        """Whether ``needed`` occurs in the lower-case text; True for None."""
        if needed not in self._held:
            self._held[needed] = needed is None or needed.search(self.lower) is not None
        return self._held[needed]

    @cached_property
    def numbers(self) -> list[tuple[int, int]]:
        """Where numbers of four or more digits are, with what may belong to them on either side."""
        return self._around(_NUMBER, 14, 14)

    @cached_property
    def codes(self) -> list[tuple[int, int]]:
        """Where identifiers could be: four digits or more, or a run of digits and capitals; with
        some words before them.
        """
        return self._around(CODE, 110, 30)

    @cached_property
    def near_digits(self) -> list[tuple[int, int]]:
        """Where an address could be: from some words before a digit to some after it."""
        return self._around(_DIGITS, 110, 160)

    def _around(self, pattern: re.Pattern[str], before: int, after: int) -> list[tuple[int, int]]:
        near: list[tuple[int, int]] = []
        for match in pattern.finditer(self.text):
            start = max(0, match.start() - before)
            end = min(len(self.text), match.end() + after)
            if near and start <= near[-1][1]:
                near[-1] = (near[-1][0], end)
            else:
                near.append((start, end))
        return near

    @cached_property
    def flat(self) -> bool:
        """Whether the letters are all small or all capital, so that case says nothing."""
        start = self.text[:2000]
        return start.islower() or start.isupper()

    @cached_property
    def form(self) -> CodeForm:
        """How the page is written: how much of it is code, and which signs are form alone."""
        from edgeroute.privacy.detecting.text.code_form import (  # noqa: PLC0415 - word lists
            CodeForm,
        )

        return CodeForm(self.text, self.lower)

    @cached_property
    def attribution(self) -> Attribution:
        """Where it says who made a published work; that is public at the level balanced."""
        from edgeroute.privacy.detecting.text.attribution import (  # noqa: PLC0415 - word lists
            Attribution,
        )

        return Attribution(self.text, self.form)

    @cached_property
    def trials(self) -> Trials:
        """The strings in its tests."""
        from edgeroute.privacy.detecting.text.trials import Trials  # noqa: PLC0415 - word lists

        return Trials(self.text)

    def makes_public(self, address: str, *, balanced: bool) -> bool:
        """Whether an address of another reading stands here as public attribution, or without the
        last word of the line before it: then it is judged here.
        """
        place = self.text.find(address)
        if place < 0:
            domain = re.escape(address.rpartition("@")[2])
            lines = re.finditer(rf"(?<=\n)[\w.+-]{{1,64}}@{domain}", self.text)
            return any(address.endswith(line.group()) for line in lines)
        return balanced and self.attribution.holds(place, place + len(address))

    def apart(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` is a whole number: words may touch it, other digits do not."""
        near = max(0, start - 18)
        begun = _BEGAN.search(self.text, near, start) and not _COUNTED.search(
            self.text, near, start
        )
        return not begun and _GOES_ON.match(self.text, end) is None

    def joined(self, start: int, end: int) -> bool:
        """Whether a word or its sign touches ``[start, end)``, as in names of files."""
        before = _JOINED.match(self.text, start - 1, start) if start else None
        return before is not None or _JOINED.match(self.text, end) is not None

    def before(self, place: int, length: int = 48) -> str:
        """The lower-case text that ends at ``place``."""
        return self.lower[max(0, place - length) : place]

    def after(self, place: int, length: int = 32) -> str:
        """The lower-case text that starts at ``place``."""
        return self.lower[place : place + length]

    def words_before(self, place: int, count: int = 6, length: int = 64) -> list[str]:
        """The last ``count`` words before ``place``, nearest last. A cut word is left out."""
        start = max(0, place - length)
        found = WORD.findall(self.lower, start, place)
        if start and found and self.lower[start - 1].isalpha() and self.lower[start].isalpha():
            found = found[1:]
        return found[-count:]

    def words_after(self, place: int, count: int = 3, length: int = 40) -> list[str]:
        """The first ``count`` words after ``place``, nearest first."""
        return WORD.findall(self.lower, place, place + length)[:count]

    def line(self, place: int, most: int = 400) -> tuple[int, int]:
        """Where the line around ``place`` starts and ends; at most ``most`` to either side."""
        start = self.text.rfind("\n", max(0, place - most), place) + 1
        end = self.text.find("\n", place, place + most)
        return start or max(0, place - most), end if end >= 0 else min(len(self.text), place + most)


class Finder(Protocol):
    """Finds one kind of personal data."""

    @property
    def name(self) -> str:
        """What findings name as their source."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """The entities of rules/privacy.yaml that it may find."""
        ...

    @property
    def needs(self) -> re.Pattern[str] | None:
        """What the lower-case text of a page must hold for anything to be found in it; None where
        that is not known. It is cheap, and spares whole pages the finder itself.
        """
        ...

    def find(self, page: Page) -> Iterator[Hit]:
        """What it finds, in no fixed order. Positions are of ``page.text``."""
        ...
