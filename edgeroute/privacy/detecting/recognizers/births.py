"""Dates of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import DIGIT, Hit, Page
from edgeroute.word_lists import one_of

_MONTH: Final = rf"{one_of('births.months')}[^\W\d_]{{0,9}}\.?"
_YEAR: Final = r"(?:19|20)\d\d"
_IN_NUMBERS: Final = (
    rf"\d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{4}}|\d{{2}})|{_YEAR}[./-]\d{{1,2}}[./-]\d{{1,2}}"
)
_DAY_FIRST: Final = rf"\d{{1,2}}(?:st|nd|rd|th|\.|\u00ba)?\s(?:de\s)?{_MONTH},?\s(?:de\s)?{_YEAR}"
_MONTH_FIRST: Final = rf"{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s{_YEAR}"
_DATE: Final = re.compile(
    rf"(?<![\w./-])(?:{_IN_NUMBERS}|{_DAY_FIRST}|{_MONTH_FIRST})(?![^\WT_]|[\d/-])", re.IGNORECASE
)
_WORDS: Final = re.compile(
    rf"\b{one_of('births.words', gap='[ _-]')}[\s\"':=|,>-]{{0,6}}"
    rf"(?:{one_of('births.fillers')}\b[\s:]{{0,2}}){{0,2}}$"
)


class Births:
    """A date right after the words that say somebody was born on it."""

    name = "births"
    types = ("DATE_OF_BIRTH",)
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """Dates in any usual form; written-out months count less, as biographies have them."""
        for match in _DATE.finditer(page.text):
            if _WORDS.search(page.before(match.start(), 40)):
                named = re.search(r"[^\W\d_]{3}", match.group()) is not None
                yield Hit("DATE_OF_BIRTH", *match.span(), 0.45 if named else 0.8)
