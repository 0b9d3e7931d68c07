# ruff: noqa: E501 - a pattern is read whole
"""Dates of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import Hit, Page

_MONTH: Final = (
    r"(?:jan|feb|mar|m\u00e4r|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|gen|mag|giu|lug"
    r"|set|ott|f\u00e9v|avr|ao\u00fb|d\u00e9c|sty|lut|kwi|maj|cze|lip|sie|wrz|pa\u017a|lis|gru|mrt|mei)"
    r"[^\W\d_]{0,9}\.?"
)
_DATE: Final = re.compile(
    r"(?<![\w./-])(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.|\u00ba)?\s(?:de\s)?{_MONTH},?\s(?:de\s)?(?:19|20)\d\d"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d)(?![^\WT_]|[\d/-])",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(
    r"\b(?:d\.?o\.?b\.?|date[ _-]of[ _-]birth|birth[ _-]?dates?|birthdays?|born(?: on)?|geboren(?: am| op)?|geb\.?"
    r"|geburtsdatum|geboortedatum|n\u00e9e?(?: le)?|date de naissance|naci(?:do|da|\u00f3)(?: el)?"
    r"|fecha de nacimiento|nat[oa](?: il)?|data di nascita|nascid[oa](?: em)?|data de nascimento"
    r"|urodzon[ya]?|ur\.?|data urodzenia|f\u00f6dd|narozen[a\u00fd]?|do\u011fum tarihi)"
    r"[\s\"':=|,>-]{0,6}(?:(?:is|was|on|the|am|el|le|il|em|den|r)\b[\s:]{0,2}){0,2}$"
)


class Births:
    """A date right after the words that say somebody was born on it."""

    name = "births"
    types = ("DATE_OF_BIRTH",)

    def find(self, page: Page) -> Iterator[Hit]:
        """Dates in any usual form; written-out months count less, as biographies have them."""
        if not page.has_digits:
            return
        for match in _DATE.finditer(page.text):
            if _WORDS.search(page.before(match.start(), 40)):
                named = re.search(r"[^\W\d_]{3}", match.group()) is not None
                yield Hit("DATE_OF_BIRTH", *match.span(), 0.45 if named else 0.8)
