"""Telephone numbers: by their form, or by the words next to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.recognizers.counted_numbers import is_time
from edgeroute.privacy.detecting.text.page import DIGIT, WORD, Hit, Page
from edgeroute.word_lists import one_of, word_set

_EXTENSION: Final = r"(?:\s{0,2}(?:x|ext\.?|extension|#)\s{0,2}\d{1,6})?"
_INTERNATIONAL: Final = compiled(
    rf"(?<![\d+])\+[1-9]\d{{0,2}}(?:[\s().-]{{0,3}}\d){{6,14}}(?!\d){_EXTENSION}"
)
_NORTH_AMERICAN: Final = compiled(
    r"(?<![\d.+])(?<!\d-)(?:\+?1[-. ]|001-)?"
    r"(?:\(\d{3}\)[ -]?|\d{3}[-. ])\d{3}[-. ]\d{4}(?!-?\d|\.\d)"
    rf"{_EXTENSION}"
)
_BRACKETED: Final = r"\d{2,4}\)[ .-]{0,2}\d{3,8}(?:[ .-]\d{2,4}){0,3}"
_WITH_ZERO: Final = r"0\d{1,4}(?:[ .-]{1,2}\d{2,4}){2,5}|0\d{2,4}[ /-]\d{5,8}"
_NATIONAL: Final = compiled(
    r"(?<![\d.,/:+])(?<!\d[-_])"
    rf"(?:\(0\d{{1,5}}\)[ -]?\d(?:[ -]?\d){{4,8}}|{_WITH_ZERO}|\({_BRACKETED}"
    r"|00\d{1,3}(?:[ .-]?\d){7,12})(?![\d.,/:-]?\d)"
)
_SURE: Final = compiled(
    r"(?:00\d{2}|0[1-9]\d{1,3})(?:[ .-]{1,2}\d{2,4}){2,4}|0[1-9]\d{2,3}[ -]\d{5,7}"
    r"|0[1-9](?:[ .-]\d\d){4}"
    rf"|\(0?{_BRACKETED}|00\d{{2}}(?:[ .-]\d{{2,4}}){{2,4}}"
)
_IN_NUMBERS: Final = compiled(r"\d[,;]?[^\S\n]{0,3}$|[\[(=x*/+]\s{0,3}$")
_ANY: Final = compiled(
    r"(?<![A-Za-z0-9_.,+-])(?:\(\d{1,5}\)|\d{2,5})(?:[ ./-]{0,2}\(?\d{2,9}\)?){0,5}"
    r"(?![A-Za-z0-9_]|[.,:/]\d)"
)
# Mobiles as their country writes them, in texts of its script; a Latin text says the word too.
_MOBILES: Final = (
    (
        compiled("[\u3040-\u30ff\u3400-\u9fff]"),
        r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0[789]0[ -]?\d{4}[ -]?\d{4}|09\d\d[ -]?\d{3}[ -]?\d{3}",
    ),
    (compiled("[\uac00-\ud7af]"), r"01[016-9][ .-]?\d{3,4}[ .-]?\d{4}"),
    (
        compiled("[\u0600-\u06ff]"),
        r"05\d[ -]?\d{3}[ -]?\d{4}|0(?:1[0125]|7[789])\d[ -]?\d{3,4}[ -]?\d{3,5}",
    ),
    (compiled("[\u0900-\u097f]"), r"0?[6-9]\d{4}[ -]?\d{5}"),
    (compiled("[\u0400-\u04ff]"), r"[78][ -]?\(?9\d\d\)?[ -]?\d{3}[ -]?\d\d[ -]?\d\d"),
)
_LOCAL: Final = tuple(
    (script, compiled(rf"(?<![\dA-Za-z.])(?<!\d[-_ ])(?:{shape})(?![A-Za-z]|[ .,:/-]?\d)"))
    for script, shape in _MOBILES
)
_NUMBER_WORDS: Final = compiled(rf"{one_of('phones.number_words')}(?![^\W\d_])[^\n.]{{0,14}}$")
_FIELD: Final = compiled(
    rf"(?<![^\W_]){one_of('phones.fields', gap='[ _-]')}[_-]?(?P<number>\d{{7,13}})(?!\d)"
)
_WORDS: Final = word_set("phones.words")
_AFTER: Final = word_set("phones.words_after")
_SCRIPT_WORDS: Final = compiled(rf"{one_of('phones.script_words')}[^\n\u3002\uff01\uff1f]{{0,14}}$")
_INVENTED: Final = compiled(r"555\D{0,3}01\d{1,2}|^\(?(?:\+?1[ .(-]{0,3})?555")
# Its own label, or in the same short phrase before or after it.
_DOCUMENTED: Final = r"\b(?:regex|regexp|pattern|validator|example|dummy|fake)\b"
_DOCUMENTATION: Final = compiled(rf"{_DOCUMENTED}[^\n.;,!?{{}}\[\]]{{0,28}}$")
_DOCUMENTATION_AFTER: Final = compiled(rf"[^\n.;,!?{{}}\[\]:]{{0,16}}{_DOCUMENTED}")
_PLACEHOLDER: Final = compiled(r"123\D{1,2}456\D{1,2}789")
_RUN: Final = "01234567890 9876543210"  # the ten digits, whatever they look like
_SERVICE: Final = compiled(one_of("phones.service").replace("x", r"\d"))
_DATE: Final = compiled(
    r"(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d$"
)


def _is_dated(match: re.Match[str]) -> bool:
    """Whether digits are a day, or times of day."""
    return bool(_DATE.match(match.group())) or is_time(match.group())


class Phones:
    """Numbers that somebody answers: not those reserved for films, not those in documentation."""

    name = "phones"
    types = ("PHONE_NUMBER",)
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """International and usual national forms; any other form next to words."""
        for pattern, score in ((_INTERNATIONAL, 0.85), (_NORTH_AMERICAN, 0.75)):
            for match in pattern.finditer(page.text):
                if self._counts(page, match):
                    yield Hit("PHONE_NUMBER", *match.span(), score)
        for match in _NATIONAL.finditer(page.text):
            if self._counts(page, match) and not _is_dated(match):
                near = near_words(page, match)
                yield Hit("PHONE_NUMBER", *match.span(), 0.8 if near else _alone(page, match))
        for match in _FIELD.finditer(page.lower):
            if page.apart(*match.span("number")) and self._counts(page, match):
                yield Hit("PHONE_NUMBER", *match.span("number"), 0.7)
        yield from self._mobiles(page)
        for match in _ANY.finditer(page.text):
            digits = sum(c.isdigit() for c in match.group())
            if not 7 <= digits <= 13 or _is_dated(match):
                continue
            if near_words(page, match) and self._counts(page, match):
                yield Hit("PHONE_NUMBER", *match.span(), 0.7)

    def _mobiles(self, page: Page) -> Iterator[Hit]:
        for script, shape in _LOCAL:
            if script.search(page.text):
                for match in shape.finditer(page.text):
                    if self._counts(page, match):
                        yield Hit("PHONE_NUMBER", *match.span(), 0.7)

    @staticmethod
    def _counts(page: Page, match: re.Match[str]) -> bool:
        start, end = match.span()
        if page.form.is_form(start, end):
            return False
        if page.joined(start, end):
            letter = page.text[start - 1 : start]
            glued = letter.isascii() and letter.isalpha()
            if not page.apart(start, end) or (
                glued and _WORDS.isdisjoint(page.words_before(start, 1))
            ):
                return False
        if _INVENTED.search(match.group()) or _PLACEHOLDER.search(match.group()):
            return False
        digits = "".join(str(int(sign)) for sign in match.group() if sign.isdecimal())
        if len(set(digits)) < 3 or digits in _RUN or _SERVICE.fullmatch(digits):
            return False
        return (
            _DOCUMENTATION.search(page.before(start, 60)) is None
            and _DOCUMENTATION_AFTER.match(page.after(end, 40)) is None
        )


def near_words(page: Page, match: re.Match[str]) -> bool:
    """Whether words for a telephone stand beside ``match``, on its line."""
    start = match.start()
    before = page.words_before(start, 7, 60)
    if not _WORDS.isdisjoint(before[-1:]) or not _AFTER.isdisjoint(
        page.words_after(match.end(), 1)
    ):
        return True
    line = page.before(start, 60).rpartition("\n")[2]
    same_line = before[-len(WORD.findall(line)) :] if line.strip() else []
    if not _WORDS.isdisjoint(same_line):
        return True
    digits = re.sub(r"\D", "", match.group())
    written = digits[:1] == "0" or not match.group().isdigit()
    if written and 9 <= len(digits) <= 12 and _NUMBER_WORDS.search(page.before(start)):
        return True
    return _SCRIPT_WORDS.search(page.before(match.start(), 16)) is not None


def _alone(page: Page, match: re.Match[str]) -> float:
    """How sure a national form is without a word next to it; one of a row of numbers is not."""
    digits = sum(c.isdigit() for c in match.group())
    if not 9 <= digits <= 14 or _SURE.fullmatch(match.group()) is None:
        return 0.4
    row = _IN_NUMBERS.search(page.before(match.start(), 6)) or re.match(
        r"[^\S\n]{0,2}[,;]?[^\S\n]{0,2}[\d\])=*/+]", page.after(match.end(), 4)
    )
    return 0.4 if row else 0.6
