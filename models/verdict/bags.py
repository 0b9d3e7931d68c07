# ruff: noqa: INP001, S311  (a script beside its data, which draws with a seed)
"""Texts as the scale is given them: bags of windows, of which the most private one counts."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from edgeroute.privacy.detecting.names.names import PERSON_LABELS, Names, is_attributed, streets
from edgeroute.privacy.detecting.names.rampart import NameSpan, Rampart
from edgeroute.privacy.detecting.stages import stages
from edgeroute.privacy.detecting.text.normalise import normalise
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.privacy.detecting.text.windows import windows
from edgeroute.privacy.detecting.weighing.evidence import WindowView, is_said, is_suspect
from edgeroute.privacy.detecting.weighing.kinds import is_left_open
from edgeroute.privacy.detecting.weighing.weigher import window
from edgeroute.privacy.policy import PrivacyPolicy
from models.verdict.plants import Piece
from models.verdict.prompts import Prompt, in_dress, renamed
from models.verdict.reading import published

SURE: Final = 0.7  # how surely a name is seen that is replaced
CERTAIN: Final = 0.5  # how sure a fact is that decides alone
MOST_WINDOWS: Final = 80  # of a package


class Bag(NamedTuple):
    """The windows of one text, and whether it is private. ``group`` is never divided: a voice, or
    a package; ``prompt`` is the text itself where it is one that stands as it was written.
    """

    group: str
    private: bool
    windows: list[WindowView]
    prompt: Prompt | None = None


class Reader:
    """Finds what the scale is given of texts, but for what they mean."""

    def __init__(self, models: Path) -> None:
        self._finders = tuple(stages(PrivacyPolicy.load()))
        self._names = Names(Rampart(models / "rampart"))

    def people(self, text: str) -> list[NameSpan]:
        """The names in ``text`` that are sure, where normalising it moves none."""
        page = Page(normalise(text).text, full=True)
        if page.text != text:
            return []
        spans = self._names.spans(page)
        return [one for one in spans if one.label in PERSON_LABELS and one.score >= SURE]

    def windows(self, text: str, *, suspected: bool = False) -> Iterator[WindowView]:
        """Each window of ``text``; or those alone that are ``suspected`` of more than their makers'
        names, and hold no fact that decides alone.
        """
        page = Page(normalise(text).text, full=True)
        spans = [one for one in self._names.spans(page) if not is_attributed(page, one)]
        hits: list[Hit] = [*streets(page, spans)]
        for finder in self._finders:
            if page.holds(finder.needs):
                hits += (hit for hit in finder.find(page) if not page.dummy(hit))
        for start, end in windows(page.text):
            seen = window(page, spans, hits, start, end)
            if suspected and not (is_said(seen.text) and is_suspect(seen) and _is_open(seen, page)):
                continue
            yield seen

    def prompts(self, given: Sequence[tuple[str, Prompt]]) -> Iterator[Bag]:
        """The prompts of voices as they stand."""
        for name, prompt in given:
            yield Bag(name, prompt.private, list(self.windows(prompt.text)), prompt)

    def learned(self, given: Sequence[tuple[str, Prompt]]) -> Iterator[Bag]:
        """The same in other dress, and with common names."""
        for name, prompt in (*in_dress(given), *renamed(given, self.people)):
            yield Bag(name, prompt.private, list(self.windows(prompt.text)))

    def reading(self, cache: Path, written: Sequence[Piece]) -> Iterator[Bag]:
        """What agents read: windows of published packages, each harmless by itself, invented rows
        and the pieces ``written`` among code, and those pieces alone.
        """
        put: list[tuple[str, str, bool]] = [("pieces", one.text, one.private) for one in written]
        for name, read, among in published(cache, written):
            put += [(name, *one) for one in among]
            seen = [one for text in read for one in self.windows(text, suspected=True)]
            for one in random.Random(name).sample(seen, min(MOST_WINDOWS, len(seen))):
                yield Bag(name, private=False, windows=[one])
        for name, text, told in put:
            yield Bag(name, told, list(self.windows(text)))


def filled(given: Iterable[Bag]) -> list[Bag]:
    """Those that have a window with words."""
    return [one for one in given if any(seen.text.strip() for seen in one.windows)]


def _is_open(seen: WindowView, page: Page) -> bool:
    """Whether what was seen in a window leaves it to the scale."""
    published = page.form.is_published
    return all(hit.score < CERTAIN or is_left_open(hit, published=published) for hit in seen.hits)
