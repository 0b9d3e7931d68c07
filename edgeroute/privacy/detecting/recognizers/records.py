"""Numbers that mean a person because of the word in front: account, passport, patient, policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import DIGIT, Hit, Page
from edgeroute.word_lists import one_of, word_list, word_set

_VALUE: Final = re.compile(
    r"(?<![\w@.])(?=[\w./*-]{0,24}\d)[A-Za-z0-9*][\w./*-]{2,34}(?:[ -][A-Z0-9]{1,6}(?![\w.])){0,5}"
)
_PREFIXED: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?:{one_of('records.prefixes')}[-_:# ]{{1,2}}"
    r"[A-Z]{0,4}-?\d[\dA-Z-]{3,16}|(?:MRN|MED|NPI|EMP|CUST)\d{5,12})(?![A-Za-z0-9])"
)
_DATE_OR_TIME: Final = re.compile(
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}[:.]\d{2}(?:[:.]\d{2})?|v?\d{1,3}(?:\.\d{1,4}){1,3}"
    r"|\d{1,3}(?:,\d{3})+|\d+%|(?:19|20)\d\d|\d{1,3}|\d{4}-(?:19|20)?\d\d)$"
)

_SCORES: Final = {
    "MEDICAL_RECORD": 0.8,
    "PASSPORT": 0.8,
    "DRIVER_LICENSE": 0.8,
    "NATIONAL_ID": 0.8,
    "TAX_ID": 0.75,
    "BANK_ACCOUNT": 0.75,
    "PERSONAL_ID": 0.7,
    "VEHICLE": 0.75,
}
# The last words before the number: whose it is and how sure that is.
_LABELS: Final = {
    phrase: (type_, score)
    for type_, score in _SCORES.items()
    for phrase in word_list(f"records.{type_.lower()}")
}
_FILLERS: Final = word_set("records.fillers")
_WEAK: Final = word_set("records.weak")
_SPECIFIC: Final = word_set("records.specific")
_MONEY: Final = re.compile(r"[$\u20ac\u00a3\u00a5]\s?$")


class Records:
    """A value with digits, next to the word that says whose number it is."""

    name = "records"
    types = tuple(_SCORES)
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """Labelled values, and numbers that carry their label, such as MRN-607150."""
        for match in _PREFIXED.finditer(page.text):
            yield Hit(
                "MEDICAL_RECORD" if match.group()[:2] != "EM" else "PERSONAL_ID", *match.span(), 0.7
            )
        for match in _VALUE.finditer(page.text):
            found = _labelled(page, match)
            if found is not None and not page.form.is_form(*match.span()):
                yield found


def _labelled(page: Page, match: re.Match[str]) -> Hit | None:
    value = match.group()
    digits = sum(c.isdigit() for c in value)
    if (
        "XX" in value
        or digits < 4
        or _DATE_OR_TIME.match(value)
        or _MONEY.search(page.before(match.start(), 2))
    ):
        return None
    said = page.words_before(match.start(), 6, 56)
    for back in range(len(said)):
        stop = len(said) - back
        for size in (3, 2, 1):
            phrase = " ".join(said[max(0, stop - size) : stop])
            if phrase in _LABELS and stop - size >= 0:
                type_, score = _LABELS[phrase]
                if phrase in _WEAK and (back > 1 or digits < 5):
                    continue
                if digits < 5 and score < 0.8:
                    continue
                return Hit(type_, *match.span(), score - 0.02 * back)
        if said[stop - 1] not in _FILLERS and _SPECIFIC.isdisjoint(said[:stop]):
            return None
    return None
