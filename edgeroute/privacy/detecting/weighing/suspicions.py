"""Stage two: which suspicions count, once they are weighed."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from edgeroute.encoders import adapted
from edgeroute.encoders.ahead import Ahead
from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.shared import Shared
from edgeroute.privacy.detecting.names.names import (
    PERSON_LABELS,
    BegunNames,
    NameModel,
    Names,
    is_attributed,
    people,
    streets,
    without_assistants,
)
from edgeroute.privacy.detecting.names.own_model import OwnModel
from edgeroute.privacy.detecting.names.rampart import NameSpan, Rampart
from edgeroute.privacy.detecting.names.spacy_names import SpacyNames
from edgeroute.privacy.detecting.text.page import WORD, Hit, Page
from edgeroute.privacy.detecting.text.windows import SIZE, ByPlace, OpenWindows, windows
from edgeroute.privacy.detecting.weighing.evidence import (
    is_figures,
    is_language,
    is_said,
    is_word_list,
)
from edgeroute.privacy.detecting.weighing.kinds import (
    DETAILS,
    MACHINES,
    NEAR,
    OPEN_IN_CODE,
    SHAPES,
    SUSPICIONS,
    is_card,
    is_in_record,
)
from edgeroute.privacy.detecting.weighing.skim import Skim
from edgeroute.privacy.detecting.weighing.weigher import (
    SHORT,
    Early,
    Weighed,
    Weigher,
)
from edgeroute.privacy.policy import Level, OwnNames, PrivacyPolicy

T = TypeVar("T", NameSpan, Hit)

_RAMPART: Final = Shared(Rampart)

_NEW_WORDS: Final = 3  # so many make a page one of its own
_NAMED: Final = 0.5  # how surely the model sees a name that is told, and masked
_SHAPED: Final = 0.5
_PLACEHOLDER: Final = re.compile(
    r"<[A-Z]{2,20}(?:_[A-Z]{1,20}){0,3}_\d"
)  # as mask mode writes them


class BegunPage(NamedTuple):
    """What is being read of a text's first page, and where it is worth it."""

    places: list[tuple[int, int]]
    names: BegunNames | None
    early: Early | None

    def drop(self) -> None:
        """Read nothing more."""
        if self.names is not None:
            self.names.drop()
        if self.early is not None:
            self.early.ahead.drop()


class Suspicions:
    """Weighs the pages of a text. Loads its models at once.

    Raises:
        EncoderMissing: a model that the policy asks for is not there.
    """

    def __init__(self, policy: PrivacyPolicy, models: Path) -> None:
        self._policy = policy
        self._names = Names(_name_model(policy.names, models))
        self._weigher = Weigher(models)
        # A detector of the user's own choice reads everything, and so does the strict level.
        skims = policy.names == "rampart" and policy.level is Level.BALANCED
        self._skim = Skim(adapted.load(models)) if skims else None

    def begin(self, whole: Page) -> BegunPage:
        """Have the first page read while the recognisers look at it: the names in it where it is
        long, and what it means where it is a single window, which takes longest. In others a hard
        fact may be found sooner.
        """
        length, places = len(whole.text), self._worth(whole)
        return BegunPage(
            places,
            self._names.begin(whole, places) if length > SHORT else None,
            self._weigher.begin(whole, (), OpenWindows(places)) if length <= SIZE else None,
        )

    def found(
        self,
        pages: Sequence[tuple[Page, Sequence[Hit]]],
        begun: BegunPage | None = None,
        note: Callable[[int, Weighed], None] = lambda *_: None,
    ) -> Iterator[tuple[int, Hit]]:
        """What counts, with the number of its page. The first page is the text as it reads, others
        are more readings and coded parts of it; with each stands what the recognisers saw in it,
        sure or not. A page that has no words of its own is judged as the first. ``begun`` is what
        ``begin`` gave, if it was asked; ``note`` is told of each window that is weighed, with the
        number of its page. Another page is weighed, too, where it shows what the first one hides.
        """
        known = set(WORD.findall(pages[0][0].lower))
        most = 0.0
        begun = begun or BegunPage(self._worth(pages[0][0]), None, None)
        opened = _with_hits(*pages[0], begun.places)
        early = begun.early or self._weigher.begin(*pages[0], opened)
        for number, (page, hits) in enumerate(pages):
            new = len(set(WORD.findall(page.lower)) - known) >= _NEW_WORDS
            first = number == 0
            unweighed = not self._policy.counts_details(most) and any(map(self._is_detail, hits))
            if first or unweighed or (new and is_language(page.text)):
                if not first:
                    opened = _with_hits(page, hits, self._worth(page))
                names = (begun.names if first else None) or self._names.begin(page, ())
                names.add(opened.places)
                read = []
                for weighed, counted in self._weighed(
                    page, hits, names.spans(), opened, early if first else None
                ):
                    note(number, weighed)
                    read.append((weighed.start, weighed.end))
                    most = max(most, weighed.weight.probability if first else 0.0)
                    yield from ((number, hit) for hit in counted)
                yield from ((number, hit) for hit in self._unread(page, hits, read))
            elif self._policy.counts_details(most):
                yield from ((number, hit) for hit in hits if self._is_detail(hit))

    def _worth(self, page: Page) -> list[tuple[int, int]]:
        """The windows of ``page`` that may tell something by their words."""
        places = windows(page.text)
        if self._skim is None:
            return list(places)
        published = page.form.is_published
        return [
            (start, end)
            for start, end in places
            if self._skim.may_tell(page.said[start:end], published=published)
        ]

    def _weighed(
        self,
        page: Page,
        hits: Sequence[Hit],
        spans: Sequence[NameSpan],
        opened: OpenWindows,
        early: Early | None,
    ) -> Iterator[tuple[Weighed, Iterator[Hit]]]:
        """Each window of ``page`` that is weighed, and what counts in it."""
        told = list(spans)
        if self._policy.level is Level.BALANCED:
            spans = [one for one in spans if not page.form.is_form(one.start, one.end)]
            if page.form.is_published:
                spans = without_assistants(page, spans)
            told = [one for one in spans if not is_attributed(page, one)]
        hits = [*hits, *streets(page, spans)]
        near_spans, near_told, near_hits = ByPlace(spans), ByPlace(told), ByPlace(hits)
        for weighed in self._weigher.weigh(page, told, hits, opened, early):
            place = weighed[:2]
            around = near_hits.touching(max(0, weighed.start - NEAR), weighed.end + NEAR)
            code = page.form.is_published
            told_here = not code or _is_told(weighed, near_told.touching(*place), around)
            if told_here or not page.attribution.says:
                seen = near_spans.touching(*place)
                low = code and told_here
                yield weighed, self._in_window(page, seen, around, weighed, low=low)

    def _in_window(
        self,
        page: Page,
        spans: Sequence[NameSpan],
        hits: Sequence[Hit],
        weighed: Weighed,
        *,
        low: bool,
    ) -> Iterator[Hit]:
        """The people in a private window, and its records. A matter without either is told whole,
        unless values in it are told, or have been masked.

        Beside a value that counts by itself people and details are told in any window: they would
        leave with the rest where only that value is masked. ``hits`` are those in the window and
        near it, for a record may reach over its border. ``low`` says that code tells something
        here, which weighs less than it would alone.
        """
        start, end, (probability, reasons) = weighed
        told = ", ".join(reasons)
        seen = list(_in(hits, start, end))
        sure = any(hit.score >= _SHAPED for hit in seen)
        if self._policy.level is Level.BALANCED and not sure and is_word_list(page.text[start:end]):
            return
        names = [one for one in _in(spans, start, end) if one.label in PERSON_LABELS]
        in_code = low and not _is_shown(page, names, seen)
        counts = self._policy.counts_details(probability, in_code=in_code)

        def tells(kind: str) -> bool:
            return probability >= self._policy.weight(kind, in_code=in_code)

        certain = any(
            self._policy.threshold(hit.type) <= hit.score
            and (not (hit.weighed or hit.type in SUSPICIONS) or is_in_record(hit, hits, page.text))
            for hit in seen
        )
        persons = list(people(page, list(_in(spans, start, end)), _NAMED))
        certain = certain or (not page.form.is_published and is_card(persons, seen, page.text))
        found = [
            Hit("PERSON", *place, probability, context=told)
            for place in persons
            if tells("PERSON") or (certain and not page.text[place[0]].islower())
        ]
        found += [
            Hit(hit.type, hit.start, hit.end, probability, source=hit.source, context=told)
            for hit in seen
            if hit.type == "PERSONAL_RECORDS" and hit.score >= _SHAPED and tells(hit.type)
        ]
        found += [hit for hit in seen if self._is_detail(hit) and (counts or certain)]
        told_apart = any(
            hit.type not in SHAPES and hit.score >= self._policy.threshold(hit.type) for hit in seen
        )
        masked = _PLACEHOLDER.search(page.text, start, end) is not None
        if not (found or told_apart or masked) and tells("SENSITIVE"):
            if self._policy.level is Level.BALANCED and is_figures(page.text[start:end]):
                return
            found = [Hit("SENSITIVE", start, end, probability, context=told)]
        yield from found

    def _unread(
        self, page: Page, hits: Sequence[Hit], read: Sequence[tuple[int, int]]
    ) -> Iterator[Hit]:
        """Addresses and numbers where nothing was weighed: nothing speaks for them. So are all
        details of what has hardly a word, unless it is code.
        """
        bare = not (is_said(page.text) or page.form.is_published)
        for hit in hits:
            weighed = any(start <= hit.start < end for start, end in read)
            if (bare or hit.type in OPEN_IN_CODE) and self._is_detail(hit) and not weighed:
                yield hit

    def _is_detail(self, hit: Hit) -> bool:
        detail = hit.type in DETAILS or (hit.type in OPEN_IN_CODE and hit.weighed)
        return detail and hit.score >= self._policy.threshold(hit.type)


def _with_hits(page: Page, hits: Sequence[Hit], places: Iterable[tuple[int, int]]) -> OpenWindows:
    """The windows of ``page`` at ``places``, and those in or near which something was seen."""
    near, worth = ByPlace(hits), set(places)
    return OpenWindows(
        (start, end)
        for start, end in windows(page.text)
        if (start, end) in worth or near.touching(max(0, start - NEAR), end + NEAR)
    )


def _is_told(weighed: Weighed, told: Sequence[NameSpan], hits: Sequence[Hit]) -> bool:
    """Whether code, or a document that goes with it, names anybody or anything here but its
    makers.
    """
    start, end, _ = weighed
    named = any(one.label in PERSON_LABELS and one.score >= _NAMED for one in _in(told, start, end))
    return named or any(hit.score >= _SHAPED for hit in _in(hits, start, end))


def _is_shown(page: Page, names: Iterable[NameSpan], hits: Iterable[Hit]) -> bool:
    """Whether all that code tells is an address of a machine, or stands in strings of tests: made
    up, unless it reads otherwise.
    """
    named = [span for span in names if span.score >= _NAMED]
    sure = [hit for hit in hits if hit.score >= _SHAPED]
    if sure and not named and all(hit.type in MACHINES for hit in sure):
        return True
    places = [(one.start, one.end) for one in named] + [(one.start, one.end) for one in sure]
    return bool(places) and all(page.trials.holds(*place) for place in places)


def _in(found: Sequence[T], start: int, end: int) -> Iterator[T]:
    return (one for one in found if start <= one.start < end)


def load_ahead(policy: PrivacyPolicy, models: Path) -> Ahead[object]:
    """Have all that Suspicions needs loaded; what is missing is said when it is built."""
    ahead: Ahead[object] = Ahead()
    ahead.add(lambda: _name_model(policy.names, models))
    ahead.add(lambda: adapted.load(models))
    return ahead


def _name_model(name: str | OwnNames, models: Path) -> NameModel:
    """The names model ``name`` of the policy.

    Raises:
        EncoderMissing: it is not there.
    """
    if isinstance(name, OwnNames):
        return OwnModel(name.folder)
    if name == "rampart":
        return _RAMPART.of(models / name)
    if importlib.util.find_spec(SpacyNames.package) is None:
        raise EncoderMissing(f"The names model {SpacyNames.package} is not installed.", name)
    return SpacyNames()
