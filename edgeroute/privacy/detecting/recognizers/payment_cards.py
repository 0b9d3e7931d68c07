"""Payment card numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import DIGIT, Hit, Page
from edgeroute.word_lists import pattern_list, word_set

_RUN: Final = re.compile(
    r"(?<![\d.])(?<!\d[/_-])(?:\d{4}(?:\.\d{4}){3}|\d(?:[ -]?\d){11,18})(?!\d|[./-]\d)"
)
# What the stripe of a card holds: %B4539578763621486^BERG/ADA^2805101, ;4539578763621486=2805101
_STRIPE: Final = re.compile(r"(?:%?B(?P<one>\d{13,19})\^[^^\n]{2,26}\^|;(?P<two>\d{13,19})=)\d{4}")
_COLUMN: Final = re.compile(r"\d,(?=\d)")  # of a row, or of decimals in half of Europe
_GROUPED: Final = re.compile(r"\d{4}([ .-])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5}")
_ISSUER: Final = re.compile(f"(?:{'|'.join(pattern_list('payment_cards'))})$")
_COUNTED: Final = "0123456789" * 3  # no number but a ruler of columns
_LONGEST: Final = 16  # digits of nearly all cards; whole numbers of 64 bits in code have more
_WORDS: Final = word_set("payment_cards.words")


class Cards:
    """Numbers that pass the card check and an issuer's range, or stand next to card words."""

    name = "cards"
    types = ("CREDIT_CARD",)
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """Every run of twelve to nineteen digits that is a card."""
        for match in _STRIPE.finditer(page.text):
            yield Hit("CREDIT_CARD", *match.span(match.lastgroup or 0), 0.95)
        for match in _RUN.finditer(page.text):
            run = match.group()
            digits = re.sub(r"\D", "", run)
            if len(set(digits)) < 3 or digits in _COUNTED:
                continue
            around = page.words_before(match.start(), 8, 80) + page.words_after(match.end(), 5)
            near = not _WORDS.isdisjoint(around)
            valid = _luhn(digits) and _ISSUER.match(digits) is not None
            if not (valid and near) and not page.apart(*match.span()):
                continue
            tidy = run.isdigit() or _GROUPED.fullmatch(run) is not None
            if not valid and (_in_row(page, match.start() - 2) or _in_row(page, match.end() - 1)):
                continue
            if page.joined(*match.span()) and not (valid and (near or not run.isdigit())):
                continue
            if len(run) > _LONGEST and not near and _is_literal(page, match):
                continue
            if near and tidy:
                yield Hit("CREDIT_CARD", *match.span(), 0.95 if valid else 0.7)
            elif valid and tidy and len(digits) >= 14:
                yield Hit("CREDIT_CARD", *match.span(), 0.8)


def _in_row(page: Page, place: int) -> bool:
    """Whether a comma right after the sign at ``place`` parts two numbers."""
    return place >= 0 and _COLUMN.match(page.text, place) is not None


def _is_literal(page: Page, match: re.Match[str]) -> bool:
    """Whether digits are a whole number that code reckons with: INT64_C(4878849681579065407)."""
    before, after = page.text[match.start() - 1 : match.start()], page.after(match.end(), 1)
    called = before == "(" and after == ")"
    typed = before in {" ", "="} and after in {"l", "u"}
    return page.form.is_code and match.group().isdigit() and (called or typed)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
