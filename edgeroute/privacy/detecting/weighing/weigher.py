"""Weighs what was suspected in a text, window by window."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from edgeroute.encoders import minilm, sentences
from edgeroute.encoders.ahead import Ahead
from edgeroute.encoders.result_cache import ResultCache, digest
from edgeroute.encoders.sentences import Reading
from edgeroute.privacy.detecting.names.rampart import NameSpan
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.privacy.detecting.text.windows import SIZE, ByPlace, paragraphs, windows
from edgeroute.privacy.detecting.weighing.evidence import (
    WindowView,
    evidence,
    group_of,
    is_said,
    is_suspect,
)
from edgeroute.privacy.detecting.weighing.scale import Scale, Weight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

MULTILINGUAL: Final = "e5"
ENGLISH: Final = "minilm"
_ALL: Final = 3  # so many windows are all weighed, unless they are English
SHORT: Final = _ALL * SIZE  # characters
_NOTHING: Final = Weight(0.0, ())
_BLANK: Final = "\u2026"
_NAMED: Final = 0.3  # how surely the model sees a name whose words are looked at apart


class Weighed(NamedTuple):
    """The window ``[start, end)`` of a page and its weight."""

    start: int
    end: int
    weight: Weight


class _Jobs(NamedTuple):
    """What gives the vectors of a window: the jobs ``meaning`` and ``english`` of ``ahead``;
    ``meaning`` gives both where it is ``gated``.
    """

    ahead: Ahead[Any]
    meaning: int
    english: int | None
    gated: bool = False


class _Begun(NamedTuple):
    """A window that is being read, and what is known of it."""

    seen: WindowView
    group: str
    numbers: list[float]
    jobs: _Jobs


class Early(NamedTuple):
    """Windows, by their texts, that are read while nobody knows yet which names are in them."""

    ahead: Ahead[Any]
    jobs: dict[str, _Jobs]


class Weigher:
    """Reads windows with the models in the folder ``models``. Thread-safe once loaded."""

    def __init__(self, models: Path) -> None:
        """Load everything.

        Raises:
            EncoderMissing: a model's file is absent or damaged.
        """
        self._meaning = sentences.load(models / MULTILINGUAL)
        self._english = minilm.load(models / ENGLISH)
        self._known: ResultCache[Weight] = ResultCache()
        self._read: ResultCache[bool] = ResultCache()

    @cached_property
    def _scale(self) -> Scale:
        return Scale(list(evidence(WindowView("", (), ()))))

    def begin(self, page: Page, hits: Sequence[Hit]) -> Early:
        """Have a few windows of ``page`` read that are weighed whatever names are in them, and the
        only one in any case: while its names are read, nothing else is to be done. English is
        begun with the smaller model, which keeps what it has read. ``hits`` are what the
        recognisers saw.
        """
        early = Early(Ahead(), {})
        if len(page.text) <= SHORT:
            for _, _, seen, group in _suspect(page, (), hits, every=len(page.text) <= SIZE):
                if self._read.get(digest(seen.text)):
                    continue
                if group == "english":
                    early.ahead.add(partial(self._english.vector, seen.text))
                else:
                    early.jobs[seen.text] = self._jobs(early.ahead, seen.text, group)
        return early

    def weigh(
        self,
        page: Page,
        spans: Sequence[NameSpan],
        hits: Sequence[Hit],
        early: Early | None = None,
    ) -> Iterator[Weighed]:
        """Each window of ``page`` with its weight; ``spans`` and ``hits`` are what stage one saw,
        ``early`` is what ``begin`` gave.
        """
        ahead: Ahead[Any] = Ahead()
        early = early or Early(Ahead(), {})
        weights: dict[bytes, Weight | _Begun] = {}
        places: list[tuple[int, int, bytes]] = []
        try:
            found = list(_suspect(page, spans, hits))
            for start, end, seen, group in found:
                page.tick()
                numbers = list(evidence(seen).values())
                many = len(found) > _ALL
                gated = not seen.hits and (many or group == "english")
                if many and gated and not self._scale.may_tell(numbers):
                    continue
                named = chain.from_iterable(seen.named(_NAMED))
                key = digest(seen.text, array("d", [*numbers, *named, gated]).tobytes())
                places.append((start, end, key))
                known = weights.get(key) or self._known.get(key)
                if known is not None:
                    weights[key] = known
                else:
                    jobs = early.jobs.pop(seen.text, None) or self._jobs(
                        ahead, seen.text, group, seen, numbers if gated else None
                    )
                    weights[key] = _Begun(seen, group, numbers, jobs)
            for start, end, key in places:
                page.tick()
                weight = weights[key]
                if isinstance(weight, _Begun):
                    weight = weights[key] = self._weight(weight)
                self._known.put(key, weight)
                if weight.probability:
                    yield Weighed(start, end, weight)
        finally:
            ahead.drop()
            early.ahead.drop()

    def inputs(self, seen: WindowView) -> tuple[list[Array], list[float]]:
        """What the scale is given of a window: the vectors of its text, of the names in it, and of
        its text as English; and the numbers of evidence. Nothing of a window without words.
        """
        jobs = self._jobs(Ahead(), seen.text, group_of(seen.text), seen)
        vectors = _vectors(jobs, seen)
        return vectors, list(evidence(seen).values()) if vectors else []

    def _jobs(
        self,
        ahead: Ahead[Any],
        text: str,
        group: str,
        seen: WindowView | None = None,
        numbers: Sequence[float] | None = None,
    ) -> _Jobs:
        """Have ``text`` read; where the names in it are ``seen``, their vectors are kept alone.
        Where its ``numbers`` of evidence are given, it is read on only if they and what it is about
        in English may tell something.
        """

        def meaning() -> Any:
            readings = self._meaning.read(text)
            return readings if seen is None else _meant(readings, seen)

        def gated() -> Any:
            vector = self._english.vector(text)
            return [*meaning(), vector] if self._scale.may_tell(numbers or (), vector) else []

        if group == "english" and numbers is not None:
            return _Jobs(ahead, ahead.add(gated), None, gated=True)
        english = None
        number = ahead.add(meaning)
        if group == "english":
            english = ahead.add(lambda: self._english.vector(text))
        return _Jobs(ahead, number, english)

    def _weight(self, begun: _Begun) -> Weight:
        """The weight of a window; none at all where it has no words, or tells nothing."""
        vectors = _vectors(begun.jobs, begun.seen)
        self._read.put(digest(begun.seen.text), result=True)
        return self._scale.weigh(vectors, begun.numbers, begun.group) if vectors else _NOTHING


def _vectors(jobs: _Jobs, seen: WindowView) -> list[Array]:
    """The vectors of a window; none where it has no words."""
    found = jobs.ahead.result(jobs.meaning)
    if not found or jobs.gated:
        return list(found)
    vectors: list[Array] = _meant(found, seen) if isinstance(found[0], Reading) else found
    english = vectors[0] * 0 if jobs.english is None else jobs.ahead.result(jobs.english)
    return [*vectors, english]


def _meant(readings: Sequence[Reading], seen: WindowView) -> list[Array]:
    """The vectors of a window's text and of the names in it."""
    return [part for one in readings[:1] for part in (one.mean(), one.within(seen.named(_NAMED)))]


def _suspect(
    page: Page, spans: Sequence[NameSpan], hits: Sequence[Hit], *, every: bool = False
) -> Iterator[tuple[int, int, WindowView, str]]:
    """The windows of ``page`` that are weighed, or ``every`` one that says something, each with its
    group of languages.
    """
    places = list(windows(page.text))
    if len(places) > 1 and not page.form.is_published:
        places = sorted({*places, *paragraphs(page.text)})
    near_spans, near_hits = ByPlace(spans), ByPlace(hits)
    for start, end in places:
        there = near_spans.touching(start, end), near_hits.touching(start, end)
        seen = window(page, *there, start, end)
        group = group_of(seen.text)
        # The names model knows English best: what it finds nothing in is not looked at again.
        spared = group == "english" or len(places) > _ALL
        if is_said(seen.text) and (every or not spared or is_suspect(seen)):
            yield start, end, seen, group


def window(
    page: Page, spans: Sequence[NameSpan], hits: Sequence[Hit], start: int, end: int
) -> WindowView:
    """What was seen in ``[start, end)`` of ``page``, by places of the window.

    Published example values are blanked: they look like what they show the form of.
    """
    text = page.text[start:end]
    for first, last in page.dummies:
        if start <= first < end:
            blank = _BLANK * (min(last, end) - first)
            text = f"{text[: first - start]}{blank}{text[last - start :]}"
    return WindowView(
        text,
        [
            NameSpan(one.label, one.start - start, one.end - start, one.score)
            for one in spans
            if one.start < end and one.end > start and _BLANK not in text[one.start - start]
        ],
        [hit for hit in hits if hit.start < end and hit.end > start],
        page.form.share_of(start, end),
        page.form.is_published,
    )
