"""Numbers that count, measure or name something, by the words beside them: nobody types those."""

from __future__ import annotations

from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.page import Page
from edgeroute.word_lists import whole

_COUNTED: Final = compiled(rf"(?:{whole('secrets.counted')})[\s.:#\u2116`]{{0,3}}$")
_OPTION: Final = compiled(r"\((?:[a-z]{1,12}, )?-[a-z]\)\s{1,3}$")  # (kbytes, -l) 8192
_TYPED: Final = compiled(rf"(?:{whole('secrets.typed')})[\s:]{{1,2}}$")
_UNIT: Final = compiled(rf"[\s-]{{0,2}}(?:{whole('secrets.units')})")
_SIDE: Final = compiled(rf"\s(?:{whole('secrets.dimensions')})\s\d|\s?[x\u00d7]\s?\d")

_CHIPS: Final = compiled(whole("secrets.chips"))
_CLOCK: Final = r"(?:[01]\d|2[0-4])[0-5][05]"
_TIME: Final = compiled(rf"{_CLOCK}(?P<more>[ ,/-]{_CLOCK})*")
_TIMES_BEFORE: Final = compiled(rf"(?<!\d){_CLOCK}[\s,/]{{1,2}}$")
_TIMES_AFTER: Final = compiled(rf"[\s,/]{{1,2}}{_CLOCK}(?!\d)")


def is_time(value: str, before: str = "", after: str = "") -> bool:
    """Whether a number is one of several times of day, or several: 0530 0545 0600, 2230-0630."""
    found = _TIME.fullmatch(value)
    if found is None:
        return False
    return bool(found["more"] or _TIMES_BEFORE.search(before) or _TIMES_AFTER.match(after))


def is_of_chip(page: Page) -> bool:
    """Whether pins in a text are those of a chip, which have numbers."""
    return page.holds(_CHIPS)


def is_measured(after: str) -> bool:
    """Whether a unit or another side follows a number."""
    return _UNIT.match(after) is not None or _SIDE.match(after) is not None


def is_counted(before: str, after: str) -> bool:
    """Whether what is said right before or after a number makes it one of those. Both are in small
    letters.
    """
    if is_measured(after) or _OPTION.search(before):
        return True
    counted, typed = _COUNTED.search(before), _TYPED.search(before)
    return counted is not None and (typed is None or counted.start() < typed.start())
