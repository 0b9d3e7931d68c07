"""Numbers that mean a person because of the word in front: account, passport, patient, policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.dummies import is_unfilled
from edgeroute.privacy.detecting.recognizers.secret_values import is_outcome
from edgeroute.privacy.detecting.text.page import DIGIT, WORD, Hit, Page
from edgeroute.word_lists import alternatives, one_of, word_list, word_set

# Up to three capitals may stand before the digits, and groups after them: A 209 417 663.
_GROUPS: Final = (
    r"(?:[A-Z\u0410-\u042f]{1,3}[ -])?(?=[\w./*-]{0,24}\d)[A-Za-z0-9*\u0410-\u042f]"
    r"[A-Za-z0-9_./*\u0410-\u042f-]{0,34}(?:[ -][A-Z0-9\u0410-\u042f]{1,6}(?![\w.])){0,5}"
)
_VALUE: Final = compiled(rf"(?<![A-Za-z0-9@.])(?:{_GROUPS})")
_GLUED: Final = compiled(_GROUPS)
_PREFIXED: Final = compiled(
    rf"(?<![A-Za-z0-9])(?:{one_of('records.prefixes')}[-_:# ]{{1,2}}"
    r"[A-Z]{0,4}-?\d[\dA-Z-]{3,16}|(?:MRN|MED|NPI|EMP|CUST)\d{5,12})(?![A-Za-z0-9])"
)
_DATE_OR_TIME: Final = compiled(
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d\d/\d\d|\d{1,2}[:.]\d{2}(?:[:.]\d{2})?|v?\d{1,3}(?:\.\d{1,4}){1,3}"
    r"|\d{1,3}\.\d{5,20}|\d{1,3}(?:,\d{3})+|\d+%|(?:19|20)\d\d|\d{1,3}|\d{4}-(?:19|20)?\d\d)$"
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
# What stands beside the number: whose it is and how sure that is.
_LABELS: Final = {
    phrase: (type_, score)
    for type_, score in _SCORES.items()
    for phrase in word_list(f"records.{type_.lower()}")
}
_FILLERS: Final = word_set("records.fillers")
_WEAK: Final = word_set("records.weak")
_SHORT: Final = word_set("records.short")
_SPECIFIC: Final = word_set("records.specific")
# Scripts that put no space between words, where a label may stand inside a longer one.
_UNSPACED: Final = compiled(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SPACED: Final = tuple(phrase for phrase in _LABELS if not _UNSPACED.search(phrase))
_GAP: Final = r"[\W_]{0,3}"
_LABEL: Final = compiled(
    # One letter may be written to the front of an Arabic word: and, with, for.
    rf"(?<![^\W_])[\u0648\u0628\u0644]?(?P<spaced>{alternatives(_SPACED, gap=_GAP)})(?![^\W\d_])"
    rf"|(?P<unspaced>{alternatives(filter(_UNSPACED.search, _LABELS), gap=_GAP)})"
)
_SIGNS: Final = compiled(r"[\W_]+")
_NAMES: Final = {_SIGNS.sub("", phrase): phrase for phrase in _LABELS}
_BREAK: Final = compiled(r"[.!?;](?:\s|$)|&\w{1,40}=|[\u3002\uff01\uff1f\uff1b\u0964|]|\n\s*\n")
_STANDARDS: Final = word_set("records.standards")
_FILE_ENDS: Final = word_set("emails.file_ends")
_SHORT_LABEL: Final = 5  # letters of a label in two words that may be another word
_FEW_LETTERS: Final = 4  # of a label that encoded data hold by chance
_IN_TOKENS: Final = ("", "-", "_", "+", "/")  # what stands between the parts of a token
_CODE_LABEL: Final = 2  # letters of a label to which no number is glued
_REACH: Final = 44  # characters from a label to its number
_REPORTED: Final = "PASS"  # at the end of a line it says of a test how it went
_COLUMN: Final = compiled(r"\S {2,60}(?=\S)")
_COLUMNS: Final = 2  # parted by blanks make a line the head of a table
_BESIDE: Final = 8  # characters by which a number stands to the side of its head
_LATIN_END: Final = "\u024f"
_MEASURED: Final = compiled(
    rf"\s?(?:{one_of('records.measures')}(?![^\W\d_])"
    r"|[%$\u20ac\u00a3\u00a5\u20b9\u20bd\u20a9\u20ba\u5143\u5186\uc6d0\u4e07\u842c\u5e74\ub144])"
)
_COUNTED: Final = compiled(r" [a-z]{2,20}s(?![\w'])")  # 25000 passengers
_MASKED: Final = compiled(r"(?:xx|\*\*)[ -]$")
_UNCHECKED: Final = compiled(r"[A-Z]{2}00[A-Z\d]")  # an account whose check digits are not put in
_LITERAL: Final = compiled(r"0[xX][\dA-Fa-f]{1,64}")  # a number of a program or a chip
_FILE_NAME: Final = compiled(r"\.([a-z]{1,5})(?![\w.])")
_HIDDEN: Final = compiled(r"\*[-. ]\*")  # of a number that is shown in part
_MONEY: Final = compiled(r"[$\u20ac\u00a3\u00a5]\s?$")


class Records:
    """A value with digits, next to the word that says whose number it is."""

    name = "records"
    types = tuple(_SCORES)
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """Labelled values, and numbers that carry their label, such as MRN-607150."""
        for match in _PREFIXED.finditer(page.text):
            kind = "MEDICAL_RECORD" if match.group()[:2] != "EM" else "PERSONAL_ID"
            if not is_unfilled(match.group()):
                yield Hit(kind, *match.span(), 0.7)
        for match in _LABEL.finditer(page.lower):
            page.tick()
            if (
                _is_other_word(match)
                or is_outcome(page.text, *match.span())
                or _is_file(page, match)
            ):
                continue
            found = _after(page, match) or _before(page, match)
            if found is not None and not page.form.is_form(found.start, found.end):
                yield found


def _is_file(page: Page, label: re.Match[str]) -> bool:
    """Whether a label is the name of a file: passport.py."""
    named = _FILE_NAME.match(page.lower, label.end())
    return named is not None and named[1] in _FILE_ENDS


def _is_other_word(label: re.Match[str]) -> bool:
    """Whether the short words of a label are one other word together: "no rm" in "norm"."""
    said = label["spaced"] or ""
    phrase = _NAMES[_SIGNS.sub("", said or label["unspaced"])]
    return " " in phrase and said.isalpha() and len(said) <= _SHORT_LABEL


def _after(page: Page, label: re.Match[str]) -> Hit | None:
    """The number that follows a label: at once, after small words, or further where it is clear."""
    phrase = _NAMES[_SIGNS.sub("", label["spaced"] or label["unspaced"])]
    start = label.end()
    follows = page.text[start : start + 1].isdigit() and len(phrase) > _CODE_LABEL
    glued = _GLUED.match(page.text, start) if follows else None
    if page.text[start : start + 1].isdigit() and not glued:
        return None
    for value in (glued,) if glued else _VALUE.finditer(page.text, start, start + _REACH + 40):
        gap = page.lower[start : value.start()]
        # A full stop right after a label shortens it: case no. 4471.
        if len(gap) > _REACH or _BREAK.search(gap.removeprefix(".")) or gap.count("\n") > 1:
            return None
        if "\n" in gap and not _is_below(page, label, value):
            return None
        weight = _reach(phrase, WORD.findall(gap))
        if weight is None or _is_in_token(page, label, value):
            return None
        hit = _hit(page, phrase, value, weight)
        if hit is not None:
            return hit
    return None


def _is_below(page: Page, label: re.Match[str], value: re.Match[str]) -> bool:
    """Whether a number on the next line can be what a label means: the word that says how a test
    went has none, and a column's head has one below it.
    """
    if page.text[label.start() : label.end()] == _REPORTED:
        return False
    first, last = page.line(label.start())
    head = page.text[first:last]
    if "\t" in head or len(_COLUMN.findall(head)) < _COLUMNS:
        return True
    below, _ = page.line(value.start())
    return abs((label.start() - first) - (value.start() - below)) <= _BESIDE


def _is_in_token(page: Page, label: re.Match[str], value: re.Match[str]) -> bool:
    """Whether the few letters of a label and its number only follow each other in an identifier or
    in encoded data, as in rs_aba867ba39.
    """
    said = page.text[label.start() : label.end()]
    apart = page.text[label.end() : value.start()] not in _IN_TOKENS
    if apart or len(said) > _FEW_LETTERS or not said.isascii():
        return False
    mixed = not (said.islower() or said.isupper() or said.istitle())
    return mixed or any(map(str.islower, value.group()))


def _before(page: Page, label: re.Match[str]) -> Hit | None:
    """The number that a label follows: 4471-9028 (customer number), 4471-9028 is my policy no."""
    phrase = _NAMES[_SIGNS.sub("", label["spaced"] or label["unspaced"])]
    if phrase in _WEAK:
        return None
    values = list(_VALUE.finditer(page.text, max(0, label.start() - 60), label.start()))
    if not values or values[-1].start() == label.start() - 60:
        return None
    last = values[-1]
    gap = page.lower[last.end() : label.start()]
    words = WORD.findall(gap)
    if len(gap) > 20 or re.search(r"[,.;:\n|\t]", gap) or len(words) > 3 or not gap:
        return None
    if words or "(" in gap:
        return _hit(page, phrase, last, 2) if _FILLERS.issuperset(words) else None
    return None


def _reach(phrase: str, words: list[str]) -> int | None:
    """How far a label is from its number, in words; None where what lies between parts them."""
    unlike = [word for word in words if word not in _FILLERS]
    if phrase in _WEAK:
        return len(words) if len(words) <= 2 and not unlike else None
    clear = " " in phrase or phrase in _SPECIFIC or phrase[0] > _LATIN_END
    return len(words) if clear or not unlike else None


def _hit(page: Page, phrase: str, value: re.Match[str], words: int) -> Hit | None:
    """The finding, if the value is more than a date, a sum, a share, a version or a year."""
    text = value.group()
    digits = sum(c.isdigit() for c in text)
    type_, score = _LABELS[phrase]
    least = 5 if phrase in _WEAK else 4
    if (
        "XX" in text
        or text.startswith("***")
        or "****" in text
        or _HIDDEN.search(text)
        or _UNCHECKED.match(text)
        or _LITERAL.fullmatch(text)
        or is_unfilled(text)
        or text.split(" ")[0].split("-")[0].lower() in _STANDARDS
        or text.rpartition(".")[2].lower() in _FILE_ENDS
        or _MASKED.search(page.before(value.start(), 6))
        or digits < least
        or (digits < 5 and score < 0.8 and phrase not in _SHORT)
        or _DATE_OR_TIME.match(text)
        or _MONEY.search(page.before(value.start(), 2))
        or _MEASURED.match(page.lower, value.end())
        or (phrase in _WEAK and text.isdigit() and _COUNTED.match(page.lower, value.end()))
    ):
        return None
    return Hit(type_, *value.span(), score - 0.02 * min(words, 6))
