"""Weighs what was suspected in a text, window by window."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from edgeroute.encoders import adapted
from edgeroute.encoders.ahead import Ahead
from edgeroute.encoders.result_cache import ResultCache, digest
from edgeroute.encoders.sentences import Reading
from edgeroute.privacy.detecting.names.rampart import NameSpan
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.privacy.detecting.text.windows import SIZE, ByPlace, OpenWindows, paragraphs, windows
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

_ALL: Final = 3  # so many windows are all weighed
SHORT: Final = _ALL * SIZE  # characters
_NOTHING: Final = Weight(0.0, ())
_BLANK: Final = "\u2026"
_NAMED: Final = 0.3  # how surely the model sees a name whose words are looked at apart


class Weighed(NamedTuple):
    """The window ``[start, end)`` of a page and its weight."""

    start: int
    end: int
    weight: Weight


class _Read(NamedTuple):
    """A window as it was read, to the end or at a glance."""

    reading: Reading
    whole: bool


class _Begun(NamedTuple):
    """A window that is being read, the job that reads it, and what is known of it; one that is
    ``gated`` is read to the end only where a glance says that it may tell something.
    """

    seen: WindowView
    group: str
    numbers: list[float]
    gated: bool
    ahead: Ahead[list[_Read]]
    job: int


class Early(NamedTuple):
    """Windows, by their texts, that are read while nobody knows yet which names are in them."""

    ahead: Ahead[list[_Read]]
    jobs: dict[str, int]


class Weigher:
    """Reads windows with the model in the folder ``models``. Thread-safe once loaded."""

    def __init__(self, models: Path) -> None:
        """Load everything.

        Raises:
            EncoderMissing: a model's file is absent or damaged.
        """
        self._meaning = adapted.load(models)
        self._known: ResultCache[Weight] = ResultCache()
        self._read: ResultCache[bool] = ResultCache()

    @cached_property
    def _scale(self) -> Scale:
        return Scale(list(evidence(WindowView("", (), ()))))

    def begin(self, page: Page, hits: Sequence[Hit], opened: OpenWindows) -> Early:
        """Have a few windows of ``page`` read that are weighed whatever names are in them: while
        its names are read, nothing else is to be done. ``hits`` are what the recognisers saw.
        """
        early = Early(Ahead(), {})
        if len(page.text) <= SHORT:
            for _, _, seen, _ in _suspect(page, (), hits, opened):
                if not self._read.get(digest(seen.text)):
                    numbers = None if is_suspect(seen) else list(evidence(seen).values())
                    job = partial(self._reading, seen.text, numbers)
                    early.jobs[seen.text] = early.ahead.add(job)
        return early

    def weigh(
        self,
        page: Page,
        spans: Sequence[NameSpan],
        hits: Sequence[Hit],
        opened: OpenWindows,
        early: Early | None = None,
    ) -> Iterator[Weighed]:
        """Each window of ``page`` with its weight, as far as it is in what is ``opened``; ``spans``
        and ``hits`` are what stage one saw, ``early`` is what ``begin`` gave.
        """
        ahead: Ahead[list[_Read]] = Ahead()
        early = early or Early(Ahead(), {})
        weights: dict[bytes, Weight | _Begun] = {}
        places: list[tuple[int, int, bytes]] = []
        try:
            found = list(_suspect(page, spans, hits, opened))
            for start, end, seen, group in found:
                page.tick()
                numbers = list(evidence(seen).values())
                gated = not seen.hits and (len(found) > _ALL or not is_suspect(seen))
                named = chain.from_iterable(seen.named(_NAMED))
                key = digest(seen.text, array("d", [*numbers, *named, gated]).tobytes())
                places.append((start, end, key))
                known = weights.get(key) or self._known.get(key)
                if known is not None:
                    weights[key] = known
                    continue
                begun, job = early.ahead, early.jobs.pop(seen.text, None)
                if job is None:
                    begun = ahead
                    job = ahead.add(partial(self._reading, seen.text, numbers if gated else None))
                weights[key] = _Begun(seen, group, numbers, gated, begun, job)
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

    def _reading(self, text: str, numbers: Sequence[float] | None) -> list[_Read]:
        """``text`` read to the end, unless a glance and its ``numbers`` of evidence say that it
        tells nothing; nothing of a text without words.
        """
        return [
            _Read(self._meaning.finished(one), whole=True)
            if numbers is None or self._scale.may_tell(numbers, one.mean())
            else _Read(one, whole=False)
            for one in self._meaning.glance(text)[:1]
        ]

    def _weight(self, begun: _Begun) -> Weight:
        """The weight of a window; none at all where it has no words, or tells nothing."""
        found = begun.ahead.result(begun.job)
        self._read.put(digest(begun.seen.text), result=True)
        if not found:
            return _NOTHING
        reading, whole = found[0]
        if not whole:
            if begun.gated and not self._scale.may_tell(begun.numbers, reading.mean()):
                return _NOTHING
            reading = self._meaning.finished(reading)
        return self._of(reading, begun.seen, begun.numbers, begun.group)

    def weight(self, seen: WindowView) -> Weight | None:
        """The weight of a window that is read to the end; None where it has no words."""
        found = self._meaning.read(seen.text)[:1]
        numbers = list(evidence(seen).values())
        return self._of(found[0], seen, numbers, group_of(seen.text)) if found else None

    def _of(
        self, reading: Reading, seen: WindowView, numbers: Sequence[float], group: str
    ) -> Weight:
        vectors = [reading.mean(), reading.within(seen.named(_NAMED))]
        return self._scale.weigh(vectors, numbers, group)


def _suspect(
    page: Page, spans: Sequence[NameSpan], hits: Sequence[Hit], opened: OpenWindows
) -> Iterator[tuple[int, int, WindowView, str]]:
    """The ``opened`` windows of ``page`` that are weighed, each with its group: the only one
    unless it is code, all of a short text that is not in English, which the names model knows best,
    and those, and paragraphs, in which something was seen.
    """
    places = list(windows(page.text))
    always = set(places) if len(places) <= _ALL else set()
    if len(places) > 1 and not page.form.is_published:
        places = sorted({*places, *paragraphs(page.text)})
    near_spans, near_hits = ByPlace(spans), ByPlace(hits)
    for start, end in places:
        if not opened.touches(start, end):
            continue
        there = near_spans.touching(start, end), near_hits.touching(start, end)
        seen = window(page, *there, start, end)
        group = group_of(seen.text)
        told = group != "english" or (len(always) == 1 and not page.form.is_published)
        every = told and (start, end) in always
        if is_said(seen.text) and (every or is_suspect(seen)):
            yield start, end, seen, group


def window(
    page: Page, spans: Sequence[NameSpan], hits: Sequence[Hit], start: int, end: int
) -> WindowView:
    """What was seen in ``[start, end)`` of ``page``, by places of the window.

    Published example values are blanked: they look like what they show the form of.
    """
    text = page.said[start:end]
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
