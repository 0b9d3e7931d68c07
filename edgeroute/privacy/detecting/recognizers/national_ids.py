"""National identity, insurance and tax numbers, by their form and check digits."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Final, Literal

import msgspec

from edgeroute.core.patterns import compiled
from edgeroute.datafile import table
from edgeroute.privacy.detecting.dummies import is_unfilled
from edgeroute.privacy.detecting.text.page import DIGIT, Hit, Page
from edgeroute.word_lists import one_of

_SSN: Final = compiled(
    r"(?<!\d)(?<!\d\.)(?!000|666)\d{3}(?P<gap>[-. ]{1,3})(?!00)\d{2}(?P=gap)(?!0000)\d{4}(?!\d)"
)
# No office gives one that begins with a 9, but to a taxpayer: then the middle says so.
_UNISSUED: Final = re.compile(r"9\d\d\D(?!5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])")
_SSN_RUN: Final = compiled(r"(?<!\d)(?:\d{9}|\d{3}-\d{2,3}-?\d{3,4})(?!\d)")
_SSN_WORDS: Final = compiled(
    r"(?<![^\W_])(?:ssn|s\.s\.n|social[ _-]security|social|itin)(?![^\W\d_])[^\n]{0,32}$"
)
_NOBODYS: Final = re.compile(r"(\d)\1\1-?(\d)\2-?(\d)\3{3}")  # 111-22-3333
_ROW: Final = 5  # numbers of one day: no family has so many
# A word that makes the number a sample: its own label, or in the same short phrase before it.
_SAMPLE: Final = compiled(
    r"\b(?:regex|regexp|format|example|sample|dummy|fake|mask|placeholder|validat\w+|test data)\b"
    r"[^\n.;,!?{}\[\]]{0,28}$"
)

_THINGS: Final = compiled(
    rf"{one_of('national_ids.things')}(?![^\W\d_\u3040-\u9fff\uac00-\ud7af])[^\n.,;]{{0,12}}$"
)


_OPERAND: Final = re.compile(r"(?:[\w\])][ ]?[=!<>]=?|\w\(|[#+*/-])\s?$")  # of an expression

_FLAGS: Final = 2  # so few different digits are flags of a table
_NOTE: Final = 160  # characters of a note, in which a number stands alone


class _Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A country's number, as rules/tables/national-ids.yaml explains it."""

    of: str
    shape: str
    check: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+\.[a-z]+$")] = ""
    words: str = ""
    alone: bool = False
    type: Literal["NATIONAL_ID", "TAX_ID", "PASSPORT"] = "NATIONAL_ID"


@cache
def _numbers() -> list[tuple[_Number, re.Pattern[str], re.Pattern[str]]]:
    """Each number with the patterns of its shape and of what must stand before it."""
    return [
        (
            number,
            compiled(
                rf"(?<![A-Za-z0-9.])(?<!\d-)(?:{number.shape})(?![A-Za-z0-9]|-\d|\.\d|-\w{{4}}-)",
                re.IGNORECASE,
            ),
            compiled(rf"(?:{number.words})[^\n]{{0,40}}$"),
        )
        for number in table("national-ids", list[_Number])
    ]


class NationalIds:
    """Numbers that a state gave to a person."""

    name = "national_ids"
    types = ("US_SSN", "NATIONAL_ID", "TAX_ID", "PASSPORT", "DRIVER_LICENSE")
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """US numbers first, then every country's."""
        for match in _SSN.finditer(page.text):
            whole = page.apart(*match.span()) and not _NOBODYS.fullmatch(match.group())
            if whole and (len(match["gap"]) == 1 or match["gap"].strip()):
                yield from self._ssn(page, match)
        for match in _SSN_RUN.finditer(page.text):
            whole = page.apart(*match.span()) and not _NOBODYS.fullmatch(match.group())
            if whole and _SSN_WORDS.search(page.before(match.start(), 48)):
                yield Hit("US_SSN", *match.span(), 0.8)
        for start, end in page.numbers:
            for number, shape, words in _numbers():
                for match in shape.finditer(page.text, start, end):
                    before = page.before(match.start(), 64).replace("_", " ")
                    named = bool(number.words) and words.search(before) is not None
                    if number.words and not (named or (number.alone and _is_alone(page))):
                        continue
                    if is_unfilled(match.group()) or (
                        not named
                        and (
                            _is_no_number(match.group(), before)
                            or _is_operand(page, match)
                            or _is_counted(page, match.group())
                        )
                    ):
                        continue
                    if number.check and not _checks(number.check, match.group()):
                        continue
                    yield Hit(number.type, *match.span(), 0.85)

    @staticmethod
    def _ssn(page: Page, match: re.Match[str]) -> Iterator[Hit]:
        before = page.before(match.start(), 60)
        named = _SSN_WORDS.search(before) is not None
        if _SAMPLE.search(before):
            # What is called a sample counts only as somebody's: "a sample of Miller's SSN".
            owned = re.search(r"(?:'s|\bmy|\bhis|\bher|\btheir) (?:ssn|social)[^\n]{0,20}$", before)
            yield Hit("US_SSN", *match.span(), 0.7 if owned else 0.35 if named else 0.2)
        elif named or (match["gap"] in "-." and not _is_case(page, match)):
            yield Hit("US_SSN", *match.span(), 0.95 if named else 0.8)


def _is_alone(page: Page) -> bool:
    """Whether a number of ``page`` stands in a note, which is no program and no table."""
    return len(page.text) <= _NOTE and not page.form.is_published


def _is_case(page: Page, match: re.Match[str]) -> bool:
    """Whether a number that nobody has is a string in code: a case that must not pass."""
    quoted = page.text[max(0, match.start() - 1) : match.start()] in {'"', "'", "`"}
    return quoted and page.form.is_code and _UNISSUED.match(match.group()) is not None


def _is_no_number(text: str, before: str) -> bool:
    """Whether a number without a word of its own is a thing's, or a row of flags."""
    return len(set(text) & set("0123456789")) <= _FLAGS or bool(_THINGS.search(before[-24:]))


def _is_counted(page: Page, number: str) -> bool:
    """Whether a number is one of several that begin with the same day and count on, as those of
    runs and orders do: 20240703-0001, 20240703-0002.
    """
    day, parted, _ = number.rpartition("-")
    return bool(parted) and page.text.count(f"{day}-") >= _ROW


def _is_operand(page: Page, match: re.Match[str]) -> bool:
    """Whether plain digits are a number that a program reckons with: max-age=315360000."""
    plain = match.group().isdigit() and page.form.is_published
    return plain and _OPERAND.search(page.before(match.start(), 4)) is not None


def _checks(module: str, number: str) -> bool:
    checker = importlib.import_module(f"stdnum.{module}")
    return bool(checker.is_valid(number))
