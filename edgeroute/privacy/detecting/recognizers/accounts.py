"""Bank accounts by their own check, and cryptocurrency addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.dummies import is_begun
from edgeroute.privacy.detecting.text.page import DIGIT, Hit, Page
from edgeroute.word_lists import word_set

_IBAN: Final = compiled(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?"
    r"(?![A-Za-z0-9])"
)
# Only the form of an account is shown, by digits that count on or stay zero.
_SHOWN: Final = re.compile(r"1234567890|01234567890|0{12}")
_WORDS: Final = word_set("accounts.bank")
_BITCOIN: Final = compiled(
    r"(?<![A-Za-z0-9])(?:bc1[ac-hj-np-z02-9]{25,62}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?![A-Za-z0-9])"
)
_ETHEREUM: Final = compiled(r"(?<![A-Za-z0-9])0x[0-9a-fA-F]{40}(?![A-Za-z0-9])")
_COINS: Final = word_set("accounts.coins")


class Accounts:
    """International bank account numbers and cryptocurrency addresses."""

    name = "accounts"
    types = ("IBAN_CODE", "CRYPTO")
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """Account numbers that pass their check, or look like one next to bank words."""
        for match in _IBAN.finditer(page.text):
            yield from _iban(page, match)
        for match in _BITCOIN.finditer(page.text):
            address = match.group()
            near = not _COINS.isdisjoint(page.words_before(match.start(), 6))
            mixed = any(c.islower() for c in address) and any(c.isdigit() for c in address[1:])
            if mixed and (near or _base58_checks(address)):
                yield Hit("CRYPTO", *match.span(), 0.8)
        for match in _ETHEREUM.finditer(page.text):
            if not _COINS.isdisjoint(page.words_before(match.start(), 6)):
                yield Hit("CRYPTO", *match.span(), 0.7)


def _iban(page: Page, match: re.Match[str]) -> Iterator[Hit]:
    from stdnum import iban  # noqa: PLC0415 - needed only where something looks like an account

    start, end = match.span()
    text = match.group()
    compact = re.sub(r"[ -]", "", text).upper()
    if page.form.is_published and _SHOWN.search(compact, 4):
        return
    # The pattern may have swallowed a following word: try the shorter readings too.
    cuts = [end, *(start + found.start() for found in re.finditer(r"[ -]", text))][::-1]
    for cut in sorted(set(cuts), reverse=True):
        candidate = re.sub(r"[ -]", "", page.text[start:cut]).upper()
        if len(candidate) < 15:
            break
        if iban.is_valid(candidate, check_country=False):
            yield Hit("IBAN_CODE", start, cut, 0.95)
            return
    digits = sum(c.isdigit() for c in compact)
    # No account has the check digits 00, 01 or 99: they show where they go.
    if (
        digits >= 10
        and compact[2:4] not in {"00", "01", "99"}
        and not _WORDS.isdisjoint(page.words_before(start, 6))
        and not page.form.is_form(start, end)
        and not is_begun(compact)
    ):
        yield Hit("IBAN_CODE", start, end, 0.7)


def _base58_checks(address: str) -> bool:
    from stdnum import bitcoin  # noqa: PLC0415 - needed only where something looks like an address

    return bool(bitcoin.is_valid(address))
