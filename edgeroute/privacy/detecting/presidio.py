"""Presidio's own recognisers as one finder, loaded where a text has a number that might be theirs.

The rest of this room finds what most texts hold; Presidio adds the identifiers of many countries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from edgeroute.privacy.detecting.dummies import is_unfilled
from edgeroute.privacy.detecting.text.page import CODE, Hit, Page
from edgeroute.privacy.detecting.without_spacy import without_spacy
from edgeroute.privacy.policy import PresidioRecognizer

if TYPE_CHECKING:
    from edgeroute.privacy.detecting.analyzer import Analyzer

_LONGEST: Final = 10_000  # characters that are read at once, so that time is looked at in between
_OVERLAP: Final = 200
_MANY: Final = 9
_LEAD: Final = 24
_WHOLE: Final = re.compile(r"(?<![\w.])\d{1,20}\.$")  # a number before its decimals


class Presidio:
    """The recognisers that the policy names, each as the entity that the policy says."""

    name = "presidio"
    needs = CODE

    def __init__(self, recognizers: Mapping[str, PresidioRecognizer]) -> None:
        self._recognizers = recognizers
        self._analyzer: Analyzer | None = None
        self.types = tuple(sorted({one.entity for one in recognizers.values()}))

    def load(self) -> Analyzer:
        """Presidio, loaded at the first call."""
        if self._analyzer is None:
            with without_spacy():
                from edgeroute.privacy.detecting.analyzer import (  # noqa: PLC0415 - heavy
                    Analyzer,
                )

            self._analyzer = Analyzer(self._recognizers)
        return self._analyzer

    def find(self, page: Page) -> Iterator[Hit]:
        """Identifiers next to their words, and those that need none."""
        for start, end in page.codes:
            for place in range(start, end, _LONGEST):
                page.tick()
                first = max(start, place - _OVERLAP)
                for hit in self.load().hits(page.text[first : place + _LONGEST], first):
                    if not (_is_part(page.text, hit) or _is_filler(page.text, hit)):
                        yield hit


def _is_filler(text: str, hit: Hit) -> bool:
    """Whether its digits, which are many, only show where a number goes."""
    value = text[hit.start : hit.end]
    return sum(map(str.isdigit, value)) >= _MANY and is_unfilled(value)


def _is_part(text: str, hit: Hit) -> bool:
    """Whether letters or digits go on at both ends, as inside encoded data, or it is a number's
    decimals.
    """
    inside = text[hit.start - 1 : hit.start].isalnum() and text[hit.end : hit.end + 1].isalnum()
    return inside or _WHOLE.search(text, max(0, hit.start - _LEAD), hit.start) is not None
