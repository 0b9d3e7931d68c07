"""Postal addresses as they are written in Asia, the Arab countries and eastern Europe.

East Asian scripts have forms of their own. Elsewhere an address is a street or a quarter with the
number of a house beside it, or the numbers of a house and a flat.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of

_HAN: Final = r"\u3005\u3400-\u9fff"
_COUNT: Final = (
    r"[\d\u3007\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e]"
)
_CHINESE: Final = re.compile(
    rf"[{_HAN}]{{1,12}}(?:\u8def|\u8857|\u9053|\u5df7|\u5f04|\u80e1\u540c|\u91cc|\u82d1|\u533a|\u5340"
    rf"|\u6751|\u56ed|\u5712|\u516c\u5bd3|\u82b1\u56ed|\u6bb5|\u57ce|\u5bb6\u5c5e\u9662|\u5927\u9662|\u5e84|\u7ec4)"
    rf"\s?(?:[{_HAN}]{{0,3}}\s?){_COUNT}{{1,5}}(?:-\d{{1,4}})?\s?"
    r"(?:\u53f7|\u865f|\u5f04|\u680b|\u68df|\u5e62|\u5ea7|\u5ba4|\u5355\u5143|\u697c|\u6a13|\u5df7|\u6bb5)"
    r"(?!\u7ebf|\u7dda|\u8f66|\u7ad9|\u51fa\u53e3|\u95e8\u8bca|\u7a97|\u673a)"
)
_CHINESE_FLAT: Final = re.compile(
    rf"{_COUNT}{{1,4}}\s?(?:\u680b|\u68df|\u5e62|\u53f7\u697c|\u5ea7|\u5355\u5143|\u865f)"
    rf"[{_HAN}a-z]{{0,3}}\s?\d{{1,4}}\s?(?:\u5355\u5143\s?\d{{1,5}}|\u5ba4|\u53f7|\u6a13|\u697c|(?=\D|$))"
)
_JAPANESE: Final = re.compile(
    rf"[\u90fd\u9053\u5e9c\u770c\u5e02\u533a\u753a\u6751\u90e1](?!\u306e)[{_HAN}\u304c\u306e\u307f\u3064\u30a1-\u30ff]{{1,14}}?\s?"
    rf"{_COUNT}{{1,4}}\s?(?:\u4e01\u76ee|\u756a\u5730|\u756a(?!\u53f7)|\u53f7(?!\u5ba4|\u7dda|\u8eca)|[-\u30fc\u306e]\d{{1,4}})"
    rf"(?:\s?{_COUNT}{{1,4}}\s?(?:\u756a\u5730?|\u53f7|[-\u30fc\u306e]\d{{1,4}})?){{0,3}}(?:[-\u30fc]\d{{1,4}}){{0,2}}"
)
_JAPANESE_CODE: Final = re.compile(r"\u3012\s?\d{3}-?\d{4}\s{0,2}[\u3400-\u9fff]{2,20}")
_KOREAN: Final = re.compile(
    r"(?:[\uac00-\ud7a3]{1,8}(?:\uc2dc|\ub3c4|\uad70|\uad6c|\uc74d|\uba74|\ub3d9)\s?){1,4}"
    r"[\uac00-\ud7a3\d]{1,10}(?:\ub85c|\uae38|\ub9ac|\uac00|\ub3d9)\s?(?:\d{1,4}\ubc88?\uae38\s?)?"
    r"(?:\uc0b0\s?)?\d{1,5}(?:-\d{1,4})?(?:\ubc88\uc9c0)?"
    r"(?!\d|\s?(?:\ub144|\uc6d4|\uc77c|\uba85|\uc6d0|\uac1c|\ubd84|\uc2dc|\uc138|\uc8fc|\ucc28|%))"
)
_KOREAN_ROAD: Final = re.compile(
    r"[\uac00-\ud7a3]{1,8}(?:\ub85c|\ub300\ub85c)\s?\d{1,4}(?:\ubc88|\uac00)?\uae38\s?\d{1,4}(?:-\d{1,4})?"
)
_KOREAN_FLAT: Final = re.compile(r"\d{1,4}\ub3d9\s?\d{2,5}\ud638(?!\s?\uc120)")
_FORMS: Final = (
    (re.compile("[\u3400-\u9fff]"), (_CHINESE, _CHINESE_FLAT, _JAPANESE, _JAPANESE_CODE)),
    (re.compile("[\uac00-\ud7a3]"), (_KOREAN, _KOREAN_ROAD, _KOREAN_FLAT)),
)

_NUMBER: Final = (
    r"[.:]?\s{0,2}(?:(?:\u2116|no\.?|nr\.?|\u0631\u0642\u0645|\u0928\u0902\.?|#)[.:]?\s{0,2})?"
    r"(?P<digits>\d{1,5}(?!\d))"
)
_PLACE: Final = re.compile(rf"(?<![^\W_]){one_of('addresses.place_words')}(?![^\W\d_])")
_HOUSE: Final = re.compile(rf"(?<![^\W_]){one_of('addresses.house_numbers')}{_NUMBER}")
_FLAT: Final = re.compile(rf"(?<![^\W_]){one_of('addresses.flats')}{_NUMBER}")
# The name of the street follows what it is called, or stands before it, and a number ends it.
_NAMED: Final = re.compile(
    r"\s{0,2}[^\W\d_][^\d\n!?;]{2,28}?[\s,]{1,3}(?:(?:\u2116|no\.?|nr\.?|\u0434\.?|\u0631\u0642\u0645)\s{0,2})?"
    r"\d{1,4}[^\W\d_]?(?![\d%]|[.,:]\d|\s?[^\W\d_]{3})"
)
_REACH: Final = 48  # characters between the parts of one address


class LocalAddresses:
    """Addresses in the forms of their country."""

    name = "local_addresses"
    types = ("STREET_ADDRESS",)
    needs = re.compile(rf"[\u3400-\u9fff\uac00-\ud7a3]|{_PLACE.pattern}|{_FLAT.pattern}")

    def find(self, page: Page) -> Iterator[Hit]:
        """East Asian forms, then streets with numbers, then houses with flats."""
        for script, forms in _FORMS:
            if script.search(page.text):
                for form in forms:
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
