"""Postal addresses by their form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.page import DIGIT, PUBLIC, Hit, Page
from edgeroute.word_lists import one_of, word_list, word_set

_NAME: Final = r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff][\w'.-]{0,24}"
_NAMES: Final = rf"{_NAME}(?:\s{_NAME}){{0,3}}"
_SURE_STREET: Final = compiled(rf"\b{one_of('addresses.sure_streets')}\b")
_UNIT: Final = rf"{one_of('addresses.units')}\.?\s?#?\d{{1,5}}[A-Za-z]{{0,2}}"
_ZIP: Final = r"\d{5}(?:-\d{4})?"
_ENGLISH: Final = compiled(
    rf"(?<![\w.,/-])\d{{1,6}}[A-Za-z]?,?\s(?:{_NAME}\s){{1,4}}{one_of('addresses.streets')}\b\.?"
    rf"(?P<more>(?:,?\s{{1,4}}{_UNIT})?(?:[,\n]\s{{0,4}}{_NAMES})?(?:,?\s(?:[A-Z]{{2}}\s)?{_ZIP})?)"
)
_ORDINAL: Final = compiled(
    r"(?<![\w.,/-])\d{1,6}\s(?:[NSEW]\.?\s)?\d{1,3}(?:st|nd|rd|th)\s"
    rf"{one_of('addresses.sure_streets')}\b|(?i:\bp\.?\s?o\.?\s?box)\s\d{{2,7}}\b"
)
_UNIT_FIRST: Final = compiled(
    r"\b(?:Apt|Apartment|Suite|Unit|Flat|Studio|Room|House)\.?\s?#?\d{1,5}[A-Za-z]{0,2},?"
    rf"\s{{1,3}}(?:\d{{1,5}}\s)?{_NAMES}[,\n]"
)
_UNIT_ANY: Final = compiled(
    r"(?<![\w.])\d{1,4},?\s{1,8}(?:Apt|Suite|Unit|Flat)\.?\s\d{1,5}\b"
    r"|\b(?:Apt|Suite)\.\s?\d{1,5}\b"
)
_STATE_ZIP: Final = compiled(rf"(?<=[^\W\d_]),\s{one_of('addresses.states')}\s{_ZIP}(?!\d)")
_UK_POSTCODE: Final = compiled(r"(?<![\w-])(?:[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2})(?![\w-])")
_CANADA: Final = compiled(r"(?<![\w-])[ABCEGHJ-NPRSTVXY]\d[A-Z] \d[A-Z]\d(?![\w-])")
_DUTCH: Final = compiled(rf"(?<![\w.])[1-9]\d{{3}} ?(?!SA|SD|SS)[A-Z]{{2}}[, ]{{1,2}}{_NAME}")
_JOINT: Final = rf"(?:{one_of('addresses.joints')}\s?){{0,2}}"
_CONTINENTAL: Final = compiled(
    rf"\b(?i:{one_of('addresses.streets_before_names')})\s{{1,2}}{_JOINT}{_NAME},?"
    rf"(?:\s[^\W\d_][\w'.-]{{0,24}},?){{0,3}}\s(?:n[\u00ba\u00b0o.]{{0,3}}\s?|num\.?\s)?\d{{1,5}}\b"
)
_NUMBER_FIRST: Final = compiled(
    r"(?<![\w.,])\d{1,4}(?:\s?(?:bis|ter|[a-d]))?,?\s"
    rf"(?i:{one_of('addresses.streets_after_numbers')})\s{_JOINT}{_NAME}"
)
_AFTER_WORD: Final = compiled(r"(?<=[^\W\d_])\.?\s(\d{1,5}\s?[a-z]?)(?![\w.]\d)(?=[,;.\s]|$)")
_STREET_WORD: Final = compiled(rf"{_NAME}(?:[ -][^\W\d_][\w'.-]{{1,20}}){{0,2}}$")
_STREET_ENDS: Final = word_list("addresses.street_endings")
_NO_STREETS: Final = word_set("addresses.no_streets")
_MILITARY: Final = compiled(
    r"\b(?i:apo|fpo|dpo),?\s(?i:aa|ae|ap)\s\d{5}\b"
    r"|\b(?i:psc|cmr|unit)\s\d{1,5},?\s(?i:box)\s\d{1,5}\b"
)
_SAID: Final = compiled(
    rf"\b(?i:{one_of('addresses.said_before')})\s(?:the )?(?:\d{{1,6}}\s)?"
    rf"(?:\d{{1,5}}\s(?:{_NAME}[ ,]{{0,2}}){{1,4}}|(?:{_NAME}\s){{1,4}}\d{{1,5}}\b)"
)
_INVENTED: Final = compiled(
    rf"(?:1|12|123|1234)\s{one_of('addresses.invented')}\b|\b{one_of('addresses.invented')}\w{{0,9}}\s?"
    r"(?:[^\W\d_]{2,12}\s)?1(?:2|23|234)?\b"
)
_POSTCODE_CITY: Final = compiled(
    rf"(?<![\w.,-])(?:[A-Z]{{1,2}}-)?(?:\d{{2}}-\d{{3}}|\d{{5}}-\d{{3}}|\d{{5}})\s{_NAME}"
)
_YEAR: Final = compiled(r"(?:19|20)\d\d\s")
_HOUSE: Final = compiled(rf"\b{one_of('addresses.publishers')}\b")
LIVES: Final = compiled(rf"\b{one_of('addresses.living')}\b")


class Addresses:
    """Street and number in many countries' ways, and post codes that say a place."""

    name = "addresses"
    types = ("STREET_ADDRESS",)
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """Every address; the sure forms first."""
        for start, end in page.near_digits:
            for hit in _within(page, start, end):
                yield replace(hit, score=PUBLIC) if _is_public(page, hit) else hit


def _is_public(page: Page, hit: Hit) -> bool:
    """Whether it is the year and holder of a copyright, or where a publisher's house stands."""
    if page.attribution.holds(hit.start, hit.end):
        return _YEAR.match(page.text, hit.start) is not None
    return page.form.is_document and _HOUSE.search(page.before(hit.start, 100)) is not None


def _within(page: Page, start: int, end: int) -> Iterator[Hit]:
    text = page.text
    for match in _ENGLISH.finditer(text, start, end):
        if _INVENTED.match(match.group()):
            continue
        near = LIVES.search(page.before(match.start(), 48)) is not None
        sure = len(match["more"]) > 3 or _SURE_STREET.search(match.group())
        yield Hit("STREET_ADDRESS", *match.span(), 0.75 if near or sure else 0.4)
    for pattern, alone in _FORMS:
        for match in pattern.finditer(text, start, end):
            if _INVENTED.search(text, max(0, match.start() - 40), match.end()):
                continue
            near = alone >= 0.5 or LIVES.search(page.before(match.start(), 64)) is not None
            yield Hit("STREET_ADDRESS", *match.span(), max(alone, 0.7) if near else alone)
    for match in _AFTER_WORD.finditer(text, start, end):
        yield from _numbered(page, match)


def _numbered(page: Page, match: re.Match[str]) -> Iterator[Hit]:
    """A street as one word, then its number: Lindenweg 4, Bjorndreef 8, P\u00e1va utca 3."""
    last = page.words_before(match.start(), 1, 40)
    if not last or not last[0].endswith(_STREET_ENDS) or last[0] in _NO_STREETS:
        return
    street = _STREET_WORD.search(page.text, max(0, match.start() - 48), match.start())
    if street is None or _INVENTED.search(page.text, street.start(), match.end()):
        return
    if len(street.group()) > 5:
        yield Hit("STREET_ADDRESS", street.start(), match.end(), 0.55)


_FORMS: Final = (
    (_MILITARY, 0.75),
    (_SAID, 0.6),
    (_ORDINAL, 0.7),
    (_UNIT_FIRST, 0.6),
    (_UNIT_ANY, 0.6),
    (_STATE_ZIP, 0.65),
    (_UK_POSTCODE, 0.6),
    (_CANADA, 0.6),
    (_DUTCH, 0.6),
    (_CONTINENTAL, 0.6),
    (_NUMBER_FIRST, 0.6),
    (_POSTCODE_CITY, 0.4),
)
