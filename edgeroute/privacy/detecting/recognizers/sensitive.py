# ruff: noqa: E501 - a pattern is read whole
"""What people tell about themselves: their own health, conviction, orientation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import Hit, Page

_OWN: Final = re.compile(
    r"\b(?:i am|i'm|i was|i have|i've|i've been|i got|i just|my)\b[^.\n!?]{0,60}\b(?:hiv|hiv.positive|aids|pregnant|diagnosed|schizophreni\w*|bipolar|suicidal|addict\w*|alcoholic|std|herpes|hepatitis|chemo\w*|biopsy|miscarriage|abortion|undocumented|convicted|on parole|on probation|bankrupt\w*|raped|abused|cheating on me|transgender|in the closet)\b"
)
_PINNED_DOWN: Final = re.compile(
    r"\b(?:my (?:manager|boss|doctor|neighbou?r|wife|husband|landlord|employer|school|company|ex|mother|father|sister|brother|daughter|son|name|address|street|town|age)|i (?:work|live|study) (?:at|in|on|for)|i am \d{2}|i'm \d{2}|\d{2} years? old)\b"
)


class Sensitive:
    """A sensitive detail together with something that pins its owner down."""

    name = "sensitive"
    types = ("SENSITIVE",)

    def find(self, page: Page) -> Iterator[Hit]:
        """The sentence parts that say it."""
        for match in _OWN.finditer(page.lower):
            around = page.lower[max(0, match.start() - 300) : match.end() + 300]
            yield Hit("SENSITIVE", *match.span(), 0.6 if _PINNED_DOWN.search(around) else 0.4)
