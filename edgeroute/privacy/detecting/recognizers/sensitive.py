"""What people tell about themselves: their own health, conviction, orientation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of

_MATTERS: Final = rf"\b{one_of('sensitive.matters')}\b"
_OWN: Final = compiled(rf"\b{one_of('sensitive.own')}\b[^.\n!?]{{0,60}}{_MATTERS}")
_PINNED_DOWN: Final = compiled(
    rf"\b(?:my {one_of('sensitive.pinned_down')}|i (?:work|live|study) (?:at|in|on|for)"
    r"|(?:i am|i'm) \d{2}|\d{2} years? old)\b"
)


class Sensitive:
    """A sensitive detail together with something that pins its owner down."""

    name = "sensitive"
    types = ("SENSITIVE",)
    needs = compiled(_MATTERS)

    def find(self, page: Page) -> Iterator[Hit]:
        """The sentence parts that say it."""
        for match in _OWN.finditer(page.lower):
            around = page.lower[max(0, match.start() - 300) : match.end() + 300]
            yield Hit("SENSITIVE", *match.span(), 0.6 if _PINNED_DOWN.search(around) else 0.4)
