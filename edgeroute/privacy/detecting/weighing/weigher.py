"""Weighs what was suspected in a text, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from edgeroute.encoders.bert import AT_ONCE
from edgeroute.encoders.minilm import MiniLM
from edgeroute.encoders.sentences import SentenceEncoder
from edgeroute.privacy.detecting.names.rampart import NameSpan
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.privacy.detecting.text.windows import paragraphs, windows
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
_BLANK: Final = "\u2026"
_NAMED: Final = 0.3  # how surely the model sees a name whose words are looked at apart


class Weighed(NamedTuple):
    """The window ``[start, end)`` of a page and its weight."""

    start: int
    end: int
    weight: Weight


class Weigher:
    """Reads windows with the models in the folder ``models``. Thread-safe once loaded."""

    def __init__(self, models: Path) -> None:
        """Load everything.

        Raises:
            EncoderMissing: a model's file is absent or damaged.
        """
        self._meaning = SentenceEncoder(models / MULTILINGUAL)
        self._english = MiniLM(models / ENGLISH)

    @cached_property
    def _scale(self) -> Scale:
        return Scale(list(evidence(WindowView("", (), ()))))

    def weigh(
        self, page: Page, spans: Sequence[NameSpan], hits: Sequence[Hit]
    ) -> Iterator[Weighed]:
        """Each window of ``page`` with its weight; ``spans`` and ``hits`` are what stage one
        saw.
        """
        places = list(windows(page.text))
        if len(places) > 1 and not page.form.is_published:
            places = sorted({*places, *paragraphs(page.text)})
        for start, end in places:
            page.tick()
            seen = window(page, spans, hits, start, end)
            group = group_of(seen.text)
            # The names model knows English best: what it finds nothing in is not looked at again.
            spared = group == "english" or len(places) > _ALL
            if not is_said(seen.text) or (spared and not is_suspect(seen)):
                continue
            vectors, numbers = self.inputs(seen)
            if vectors:
                yield Weighed(start, end, self._scale.weigh(vectors, numbers, group))

    def inputs(self, seen: WindowView) -> tuple[list[Array], list[float]]:
        """What the scale is given of a window: the vectors of its text, of the names in it, and of
        its text as English; and the numbers of evidence. Nothing of a window without words.
        """
        english = None
        if group_of(seen.text) == "english":
            english = AT_ONCE.submit(self._english.vector, seen.text)
        readings = self._meaning.read(seen.text)
        if not readings:
            return [], []
        reading = readings[0]
        whole = reading.mean()
        vectors = [whole, reading.within(seen.named(_NAMED)), whole * 0]
        if english is not None:
            vectors[2] = english.result()
        return vectors, list(evidence(seen).values())


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
