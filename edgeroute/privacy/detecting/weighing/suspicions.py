"""Stage two: which suspicions count, once they are weighed."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

from edgeroute.encoders.bert import EncoderMissing
from edgeroute.privacy.detecting.names.names import (
    PERSON_LABELS,
    NameModel,
    Names,
    is_attributed,
    people,
    streets,
)
from edgeroute.privacy.detecting.names.own_model import OwnModel
from edgeroute.privacy.detecting.names.rampart import NameSpan, Rampart
from edgeroute.privacy.detecting.names.spacy_names import SpacyNames
from edgeroute.privacy.detecting.text.page import WORD, Hit, Page
from edgeroute.privacy.detecting.weighing.evidence import is_language
from edgeroute.privacy.detecting.weighing.kinds import (
    DETAILS,
    REACHED,
    SHAPES,
    is_in_record,
)
from edgeroute.privacy.detecting.weighing.weigher import Weighed, Weigher
from edgeroute.privacy.policy import Level, OwnNames, PrivacyPolicy

T = TypeVar("T", NameSpan, Hit)

_NEW_WORDS: Final = 3  # so many make a page one of its own
_NAMED: Final = 0.5  # how surely the model sees a name that is told, and masked
_SHAPED: Final = 0.5
_PLACEHOLDER: Final = re.compile(
    r"<[A-Z]{2,20}(?:_[A-Z]{1,20}){0,3}_\d"
)  # as mask mode writes them


class Suspicions:
    """Weighs the pages of a text. Loads its models at once.

    Raises:
        EncoderMissing: a model that the policy asks for is not there.
    """

    def __init__(self, policy: PrivacyPolicy, models: Path) -> None:
        self._policy = policy
        self._names = Names(_name_model(policy.names, models))
        self._weigher = Weigher(models)

    def found(
        self,
        pages: Sequence[tuple[Page, Sequence[Hit]]],
        note: Callable[[int, Weighed], None] = lambda *_: None,
    ) -> Iterator[tuple[int, Hit]]:
        """What counts, with the number of its page. The first page is the text as it reads, others
        are more readings and coded parts of it; with each stands what the recognisers saw in it,
        sure or not. A page that has no words of its own is judged as the first. ``note`` is told
        of each window that is weighed, with the number of its page.
        """
        known = set(WORD.findall(pages[0][0].lower))
        most = 0.0
        for number, (page, hits) in enumerate(pages):
            new = len(set(WORD.findall(page.lower)) - known) >= _NEW_WORDS
            if number == 0 or (new and is_language(page.text)):
                read = []
                for weighed, counted in self._weighed(page, hits):
                    note(number, weighed)
                    read.append((weighed.start, weighed.end))
                    most = max(most, weighed.weight.probability if number == 0 else 0.0)
                    yield from ((number, hit) for hit in counted)
                yield from ((number, hit) for hit in self._unread(hits, read))
            elif self._policy.counts_details(most):
                yield from ((number, hit) for hit in hits if self._is_detail(hit))

    def _weighed(self, page: Page, hits: Sequence[Hit]) -> Iterator[tuple[Weighed, Iterator[Hit]]]:
        """Each window of ``page`` that is weighed, and what counts in it."""
        spans = self._names.spans(page)
        told = spans
        if self._policy.level is Level.BALANCED:
            told = [one for one in spans if not is_attributed(page, one)]
        hits = [*hits, *streets(page, spans)]
        for weighed in self._weigher.weigh(page, told, hits):
            if not (page.form.is_published and page.attribution.places) or _is_told(
                weighed, told, hits
            ):
                yield weighed, self._in_window(page, spans, hits, weighed)

    def _in_window(
        self, page: Page, spans: Sequence[NameSpan], hits: Sequence[Hit], weighed: Weighed
    ) -> Iterator[Hit]:
        """The people in a private window, and its records. A matter without either is told whole,
        unless values in it are told, or have been masked.
        """
        start, end, (probability, reasons) = weighed
        told = ", ".join(reasons)
        inside = [span for span in spans if start <= span.start < end]
        found = [
            Hit("PERSON", *place, probability, context=told)
            for place in people(page, inside, _NAMED)
            if probability >= self._policy.threshold("PERSON")
        ]
        found += [
            Hit(hit.type, hit.start, hit.end, probability, source=hit.source, context=told)
            for hit in hits
            if hit.type == "PERSONAL_RECORDS"
            and start <= hit.start < end
            and hit.score >= _SHAPED
            and probability >= self._policy.threshold(hit.type)
        ]
        counts = self._policy.counts_details(probability)
        found += [
            hit
            for hit in hits
            if start <= hit.start < end
            and self._is_detail(hit)
            and (counts or is_in_record(hit, hits, page.text))
        ]
        told_apart = any(
            hit.type not in SHAPES and hit.score >= self._policy.threshold(hit.type)
            for hit in hits
            if start <= hit.start < end
        )
        masked = _PLACEHOLDER.search(page.text, start, end) is not None
        if not (found or told_apart or masked) and probability >= self._policy.threshold(
            "SENSITIVE"
        ):
            found = [Hit("SENSITIVE", start, end, probability, context=told)]
        yield from found

    def _unread(self, hits: Sequence[Hit], read: Sequence[tuple[int, int]]) -> Iterator[Hit]:
        """Addresses where nothing was weighed: nothing speaks for them."""
        for hit in hits:
            weighed = any(start <= hit.start < end for start, end in read)
            if hit.type in REACHED and self._is_detail(hit) and not weighed:
                yield hit

    def _is_detail(self, hit: Hit) -> bool:
        detail = hit.type in DETAILS or (hit.type in REACHED and hit.weighed)
        return detail and hit.score >= self._policy.threshold(hit.type)


def _is_told(weighed: Weighed, told: Sequence[NameSpan], hits: Sequence[Hit]) -> bool:
    """Whether code, or a document that goes with it, names anybody or anything here but its
    makers.
    """
    start, end, _ = weighed
    named = any(one.label in PERSON_LABELS and one.score >= _NAMED for one in _in(told, start, end))
    return named or any(hit.score >= _SHAPED for hit in _in(hits, start, end))


def _in(found: Sequence[T], start: int, end: int) -> Iterator[T]:
    return (one for one in found if start <= one.start < end)


def _name_model(name: str | OwnNames, models: Path) -> NameModel:
    """The names model ``name`` of the policy.

    Raises:
        EncoderMissing: it is not there.
    """
    if isinstance(name, OwnNames):
        return OwnModel(name.folder)
    if name == "rampart":
        return Rampart(models / name)
    if importlib.util.find_spec(SpacyNames.package) is None:
        raise EncoderMissing(f"The names model {SpacyNames.package} is not installed.", name)
    return SpacyNames()
