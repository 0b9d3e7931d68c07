"""Dates of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.page import DIGIT, Hit, Page
from edgeroute.word_lists import one_of

_MONTH: Final = rf"{one_of('births.months')}[^\W\d_]{{0,9}}[\u0900-\u097f]{{0,8}}\.?"
_YEAR: Final = r"(?:19|20|1[34])\d\d"
_DAY: Final = r"\d{1,2}"
_PART: Final = r"[./-]\s?"
_IN_NUMBERS: Final = (
    rf"{_DAY}{_PART}{_DAY}{_PART}(?:\d{{4}}|\d{{2}})|{_YEAR}{_PART}{_DAY}{_PART}{_DAY}"
)
_DAY_FIRST: Final = (
    rf"{_DAY}(?:st|nd|rd|th|\.|\u00ba)?[\s-](?:de\s|of\s)?{_MONTH},?[\s-](?:de\s|del\s)?{_YEAR}"
)
_MONTH_FIRST: Final = rf"{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s{_YEAR}"
_DATE: Final = compiled(
    rf"(?<![\w./-])(?:{_IN_NUMBERS}|{_DAY_FIRST}|{_MONTH_FIRST})"
    r"(?![^\W\d_a-z\u0430-\u044f\u3040-\uffff]|[\d/-])",
    re.IGNORECASE,
)
# Year, month and day with their signs, the year of an era too; a run of eight digits.
_ERA: Final = rf"(?:{one_of('births.eras')}|(?<![A-Za-z])[MTSHR]\.?)\s?(?:\d{{1,3}}|\u5143)"
_YEAR_SIGN: Final = r"\s?[\u5e74\ub144]\s?"
_SIGNED: Final = compiled(
    rf"(?:{_YEAR}|{_ERA}|(?<!\d)\d\d){_YEAR_SIGN}{_DAY}\s?[\u6708\uc6d4]"
    rf"(?:\s?{_DAY}\s?[\u65e5\u53f7\uc77c]?)?"
    rf"|{_ERA}[.\u5e74]\s?{_DAY}[.\u6708]\s?{_DAY}\u65e5?|{_ERA}\u5e74"
    rf"|(?<!\d){_YEAR}[.\s]{{1,2}}{_DAY}[.\s]{{1,2}}{_DAY}\.?(?!\d)"
    r"|(?<!\d)(?:19|20)?\d\d(?:0\d|1[0-2])[0-3]\d(?!\d)"
)
_FIELD: Final = compiled(rf"{one_of('births.fields', gap='[ _-]?')}[^\d\n]{{0,8}}$")
_WORDS: Final = compiled(
    rf"(?<![^\W_]){one_of('births.words', gap='[ _-]?')}[\s\"':=|,>(-]{{0,6}}"
    rf"(?:{one_of('births.fillers')}(?![^\W\d_])[\s:]{{0,2}}){{0,2}}$"
)
_UNSPACED_WORDS: Final = compiled(rf"{one_of('births.unspaced_words')}[^\d\n\u3002]{{0,8}}$")
_AFTER: Final = compiled(rf"[\s,(]{{0,2}}{one_of('births.unspaced_after')}")
# What stands in forms for a date that nobody filled in.
_UNFILLED: Final = compiled(r"\D*(?:0?1\D+0?1\D+(?:1900|0001)|(?:1900|0001)\D+0?1\D+0?1)\D*")


class Births:
    """A date right after the words that say somebody was born on it, or right before them."""

    name = "births"
    types = ("DATE_OF_BIRTH",)
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """Dates in any usual form; months in words count less where a life is told."""
        for match in _DATE.finditer(page.text):
            if _said(page, match) and not _UNFILLED.fullmatch(match.group()):
                told = re.search(r"[^\W\d_]{3}", match.group()) and not _FIELD.search(
                    page.before(match.start(), 40)
                )
                yield Hit("DATE_OF_BIRTH", *match.span(), 0.45 if told else 0.8)
        for match in _SIGNED.finditer(page.text):
            if _said(page, match) and not _UNFILLED.fullmatch(match.group()):
                yield Hit("DATE_OF_BIRTH", *match.span(), 0.7)


def _said(page: Page, match: re.Match[str]) -> bool:
    before = page.before(match.start(), 40)
    return (
        _WORDS.search(before) is not None
        or _UNSPACED_WORDS.search(before) is not None
        or _AFTER.match(page.lower, match.end()) is not None
    )
