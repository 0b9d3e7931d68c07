# ruff: noqa: E501 - a pattern is read whole
"""Payment card numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import Hit, Page, words

_RUN: Final = re.compile(r"(?<![\w.,/-])\d(?:[ -]?\d){11,18}(?![\w]|[.,/-]\d)")
_GROUPED: Final = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5}")
_ISSUER: Final = re.compile(
    r"4\d{12}(?:\d{3}){0,2}$|5[1-5]\d{14}$|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}$"
    r"|3[47]\d{13}$|3(?:0[0-5]|[689]\d)\d{11}$|35(?:2[89]|[3-8]\d)\d{12}$"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}$|62\d{14,17}$|(?:5[06-9]|6\d)\d{10,17}$"
)
_WORDS: Final = words("""card cards credit debit visa mastercard maestro amex discover kreditkarte karte bankkarte
    carte bancaire tarjeta carta cartao cart\u00e3o kaart creditcard karta karty kart\u0105 cvv cvc
    charge expiring""")
# Numbers that payment providers publish for tests.
_PUBLISHED: Final = words("""4111111111111111 4242424242424242 4000056655665556 5555555555554444 2223003122003222
    5200828282828210 5105105105105100 378282246310005 371449635398431 6011111111111117
    6011000990139424 3056930009020004 36227206271667 3566002020360505 6200000000000005
    4012888888881881 4000000000000002 4222222222222 30569309025904 38520000023237
    3530111333300000 378734493671000 5019717010103742 6331101999990016""")


class Cards:
    """Numbers that pass the card check and an issuer's range, or stand next to card words."""

    name = "cards"
    types = ("CREDIT_CARD",)

    def find(self, page: Page) -> Iterator[Hit]:
        """Every run of twelve to nineteen digits that is a card."""
        if not page.has_digits:
            return
        for match in _RUN.finditer(page.text):
            run = match.group()
            digits = re.sub(r"\D", "", run)
            if digits in _PUBLISHED or len(set(digits)) < 3:
                continue
            around = page.words_before(match.start(), 8, 80) + page.words_after(match.end(), 5)
            near = not _WORDS.isdisjoint(around)
            valid = _luhn(digits) and _ISSUER.match(digits) is not None
            tidy = run.isdigit() or _GROUPED.fullmatch(run) is not None
            if near and tidy:
                yield Hit("CREDIT_CARD", *match.span(), 0.95 if valid else 0.7)
            elif valid and tidy and len(digits) >= 14:
                yield Hit("CREDIT_CARD", *match.span(), 0.8)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
