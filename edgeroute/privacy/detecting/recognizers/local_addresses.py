"""Postal addresses as they are written in Asia, the Arab countries and eastern Europe.

East Asian scripts have forms of their own. Elsewhere an address is a street or a quarter with the
number of a house beside it, or the numbers of a house and a flat.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of, pattern_list

_EAST_ASIAN: Final = compiled("[\u3400-\u9fff\uac00-\ud7a3]")
_FORMS: Final = tuple(compiled(form) for form in pattern_list("local_addresses"))
_NUMBER: Final = (
    r"[.:]?\s{0,2}(?:(?:\u2116|no\.?|nr\.?|\u0631\u0642\u0645|\u0928\u0902\.?|#)[.:]?\s{0,2})?"
    r"(?P<digits>\d{1,5}(?!\d))"
)
_PLACE: Final = compiled(rf"(?<![^\W_]){one_of('addresses.place_words')}(?![^\W\d_])")
_HOUSE: Final = compiled(rf"(?<![^\W_]){one_of('addresses.house_numbers')}{_NUMBER}")
_FLAT: Final = compiled(rf"(?<![^\W_]){one_of('addresses.flats')}{_NUMBER}")
# The name of the street follows what it is called, or stands before it, and a number ends it.
_NAMED: Final = compiled(
    r"\s{0,2}[^\W\d_][^\d\n!?;]{2,28}?[\s,]{1,3}(?:(?:\u2116|no\.?|nr\.?|\u0434\.?|\u0631\u0642\u0645)\s{0,2})?"
    r"\d{1,4}[^\W\d_]?(?![\d%]|[.,:]\d|\s?[^\W\d_]{3})"
)
_REACH: Final = 48  # characters between the parts of one address


class LocalAddresses:
    """Addresses in the forms of their country."""

    name = "local_addresses"
    types = ("STREET_ADDRESS",)
    needs = compiled(rf"{_EAST_ASIAN.pattern}|{_PLACE.pattern}|{_FLAT.pattern}")

    def find(self, page: Page) -> Iterator[Hit]:
        """East Asian forms, then streets with numbers, then houses with flats."""
        for form in _FORMS if _EAST_ASIAN.search(page.text) else ():
            for match in form.finditer(page.lower):
                yield Hit("STREET_ADDRESS", *match.span(), 0.65)
        flats = [match.span() for match in _FLAT.finditer(page.lower)]
        houses = sorted([*flats, *(match.span() for match in _HOUSE.finditer(page.lower))])
        for match in _PLACE.finditer(page.lower):
            yield from _street(page, match, houses)
        for start, end in flats:
            near = [
                (first, last)
                for first, last in _within(houses, start - _REACH, end + _REACH)
                if last <= start or first >= end
            ]
            if near:
                first, last = min(near[0][0], start), max(near[-1][1], end)
                yield Hit("STREET_ADDRESS", first, last, 0.6)


def _street(page: Page, place: re.Match[str], houses: list[tuple[int, int]]) -> Iterator[Hit]:
    start, end = place.span()
    near = _within(houses, start - _REACH, end + _REACH)
    if near:
        yield Hit("STREET_ADDRESS", min(start, near[0][0]), max(end, near[-1][1]), 0.65)
        return
    named = _NAMED.match(page.lower, end)
    if named is not None and page.text[end : named.end()].strip()[:1] != named.group().strip()[:1]:
        yield Hit("STREET_ADDRESS", start, named.end(), 0.6)  # a name in capitals


def _within(places: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Those of the sorted ``places`` that begin in ``[start, end)``."""
    return places[bisect_left(places, (start, 0)) : bisect_left(places, (end, 0))]
