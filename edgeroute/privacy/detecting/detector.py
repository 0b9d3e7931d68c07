"""Whether one text holds personal data, in two stages; no answer means private.

Stage one finds: the recognisers of this room, Presidio's own, and the names model. Hard facts (ids,
secrets, accounts) decide alone. Everything else is a suspicion: a name, the shape of a record, a
sensitive matter, how an office or a person can be reached. Stage two weighs suspicions. When
routing, the first finding that counts is enough; when highlighting, all of them are read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from edgeroute.core.verdict import Finding, LocalOpinion
from edgeroute.encoders.ahead import Ahead
from edgeroute.encoders.bert import EncoderMissing
from edgeroute.privacy.detecting.presidio import Presidio
from edgeroute.privacy.detecting.protocol import Scan
from edgeroute.privacy.detecting.recognizers.internal_code import InternalCodeMarks
from edgeroute.privacy.detecting.text.contents import Unread
from edgeroute.privacy.detecting.text.page import Finder, Hit, OverBudget, Page
from edgeroute.privacy.detecting.text.sheet import Place
from edgeroute.privacy.detecting.weighing.kinds import WEIGHED, is_left_open
from edgeroute.privacy.detecting.weighing.second_opinion import SOURCE, NoOpinion, SecondOpinion
from edgeroute.privacy.policy import Level, PrivacyPolicy

if TYPE_CHECKING:
    from edgeroute.privacy.detecting.text.code_form import CodeForm
    from edgeroute.privacy.detecting.weighing.suspicions import Suspicions
    from edgeroute.privacy.detecting.weighing.weigher import Weighed

_DECODING: Final = "decoding"


class DetectionFailed(Exception):
    """The text could not be read to its end. Whoever asked keeps it on this machine."""


class _Broken(Exception):
    """A stage broke. Its arguments are the stage's name and the error's."""


class Detector:
    """Reads texts for personal data. Thread-safe; loads what it needs at the first scan.

    ``models`` is the folder of model files. ``allowed`` says whether an exact string is on the
    user's allow list; findings of such strings do not count. ``second`` is asked about a text in
    which nothing was found and that stays doubtful.
    """

    def __init__(
        self,
        policy: PrivacyPolicy,
        models: Path,
        *,
        allowed: Callable[[str], bool] = lambda _: False,
        clock: Callable[[], float] = time.thread_time,
        second: SecondOpinion | None = None,
    ) -> None:
        self._policy = policy
        self._models = models
        self._allowed = allowed
        self._clock = clock
        self._second = second
        self._lock = Lock()
        self._finders: Sequence[Finder] | None = None
        self._suspicions: Suspicions | None = None
        self._internal = InternalCodeMarks(policy.internal_code)

    def warm(self) -> None:
        """Load everything and read one short text.

        Raises:
            DetectionFailed: something that the policy asks for is not there.
        """
        self.scan(
            "Dear Anna Kowalska, my daughter Ewa is at 12 Long Street, number 1234567.", full=True
        )

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """What ``text`` holds.

        ``full`` finds everything, for highlighting; otherwise the first finding that counts ends
        the scan. ``origin`` is ``user``, ``system``, ``assistant``, ``tool:<name>`` or
        ``attachment``.

        Raises:
            DetectionFailed: it took too long, was too long, a model file is missing, or anything
                else went wrong.
        """
        try:
            return self._scan(text, full=full, origin=origin)
        except DetectionFailed:
            raise
        except Unread as error:
            raise DetectionFailed(str(error)) from error
        except NoOpinion as error:
            message = "The text is doubtful, and the local model gave no second opinion in time."
            raise DetectionFailed(message) from error
        except OverBudget as error:
            seconds = self._policy.budget.seconds
            stage = f" (stage: {error})" if str(error) else ""
            message = f"Reading the text for personal data took more than {seconds:g} s{stage}."
            raise DetectionFailed(message) from error
        except _Broken as error:
            stage, kind = error.args
            message = f"The check for personal data failed (stage: {stage}, {kind})."
            raise DetectionFailed(message) from error
        except Exception as error:
            message = f"The check for personal data failed ({type(error).__name__})."
            raise DetectionFailed(message) from error

    def _scan(self, text: str, *, full: bool, origin: str) -> Scan:
        if len(text) > self._policy.budget.characters:
            most = self._policy.budget.characters
            raise DetectionFailed(f"The text is longer than the {most:,} characters that are read.")
        internal = self._internal.found(text)
        findings: list[Finding] = []
        if self._policy.private_origin(origin):
            findings.append(Finding("PERSONAL_RECORDS", 0, len(text), 1.0, "origin"))
        heaviest = _Heaviest()
        if full or not findings:
            for finding in self._findings(text, heaviest, full=full):
                findings.append(finding)
                if not full:
                    break
        opinion = None
        if self._second is not None and not findings and heaviest.weight is not None:
            opinion = self._second.of(heaviest.text, heaviest.weight)
            if opinion is not None and opinion.holds:
                findings.append(heaviest.held(opinion))
        reason = self._reason(findings, origin)
        found = tuple(findings)
        return Scan(bool(found), found, reason, internal, heaviest.weight, opinion)

    def _findings(self, text: str, heaviest: _Heaviest, *, full: bool) -> Iterator[Finding]:
        """Every finding that counts, stage by stage, each part of the text in turn."""
        if not text.strip():
            return
        with ExitStack() as ahead:
            loading = self._load_ahead()
            ahead.callback(loading.drop)
            finders = self._ready()  # loading is not the text's fault
            budget = _Budget(self._clock, self._clock() + self._policy.budget.seconds)
            with _naming(_DECODING):
                pages = list(self._pages(text, full=full, tick=budget.tick))
            begun = None if self._suspicions is None else self._suspicions.begin(pages[0][0])
            if begun is not None:
                ahead.callback(begun.drop)
            seen: list[list[Hit]] = [[] for _ in pages]
            yield from self._facts(finders, pages, seen, (_form(text), budget))
            if self._policy.names == "off":
                return
            with budget.spared():
                suspicions = self._weighing(loading)
            budget.stage = WEIGHED

            def note(number: int, weighed: Weighed) -> None:
                heaviest.note(*pages[number], weighed)

            with _naming(WEIGHED):
                told = [(page, hits) for (page, _), hits in zip(pages, seen, strict=True)]
                for number, hit in suspicions.found(told, begun, note):
                    yield _finding(hit, pages[number][1], WEIGHED)
            budget.tick()

    def _facts(
        self,
        finders: Sequence[Finder],
        pages: Sequence[tuple[Page, Place]],
        seen: Sequence[list[Hit]],
        how: tuple[CodeForm, _Budget],
    ) -> Iterator[Finding]:
        """What decides alone; all that the recognisers see of each page is added to ``seen``."""
        whole, (written, budget) = pages[0][0], how
        for finder in finders:
            name = budget.stage = finder.name
            given = [
                (*one, hits)
                for one, hits in zip(pages, seen, strict=True)
                if one[0].holds(finder.needs)
            ]
            if given and isinstance(finder, Presidio):
                with budget.spared():
                    finder.load()
            for page, place, hits in given:
                budget.tick()
                with _naming(name):
                    found = [
                        hit
                        for hit in finder.find(page)
                        if not page.allowed(page.text[hit.start : hit.end])
                        and not page.dummy(hit)
                        and not self._is_blame(hit, written, place(hit.start, hit.end))
                        and not (page is not whole and self._is_public(hit, page, whole))
                    ]
                part = page, whole
                found = [
                    replace(hit, source=hit.source or name, weighed=self._is_weighed(hit, *part))
                    for hit in found
                ]
                hits.extend(found)
                for hit in _counted(found, self._decides):
                    yield _finding(hit, place, name)

    def _counts(self, hit: Hit) -> bool:
        return hit.score >= self._policy.threshold(hit.type)

    def _is_blame(self, hit: Hit, form: CodeForm, place: tuple[int, int]) -> bool:
        """Whether ``hit`` is of what a blame says of a line: a digest, at balanced its author."""
        address = hit.type == "EMAIL_ADDRESS" and self._policy.level is Level.STRICT
        return not address and form.is_blame(*place)

    def _is_public(self, hit: Hit, page: Page, whole: Page) -> bool:
        """Whether ``hit``, an address in another reading, is one that the text makes public."""
        balanced = self._policy.level is Level.BALANCED
        value = page.text[hit.start : hit.end]
        return hit.type == "EMAIL_ADDRESS" and whole.makes_public(value, balanced=balanced)

    def _decides(self, hit: Hit) -> bool:
        """Whether ``hit`` counts whatever else the text says."""
        return not hit.weighed and self._counts(hit)

    def _is_weighed(self, hit: Hit, page: Page, whole: Page) -> bool:
        """Whether ``hit`` of ``page``, a reading of ``whole``, counts only by what stands around
        it.
        """
        if self._policy.names == "off":
            return False
        read = page is whole or page.text[hit.start : hit.end] in whole.text
        balanced = read and self._policy.level is Level.BALANCED
        return is_left_open(hit, published=balanced and whole.form.is_published)

    def _pages(
        self, text: str, *, full: bool, tick: Callable[[], None]
    ) -> Iterator[tuple[Page, Place]]:
        """The text in all its readings, and where places in them lie."""
        from edgeroute.privacy.detecting.text.decoding import (  # noqa: PLC0415 - many patterns
            all_readings,
        )

        for reading, place in all_readings(text):
            tick()
            yield Page(reading, full=full, tick=tick, allowed=self._allowed), place

    def _ready(self) -> Sequence[Finder]:
        """The recognisers, loaded."""
        if self._finders is None:
            with self._lock:
                if self._finders is None:
                    # Many patterns are compiled there.
                    from edgeroute.privacy.detecting.stages import stages  # noqa: PLC0415

                    self._finders = tuple(stages(self._policy))
        return self._finders

    def _load_ahead(self) -> Ahead[object]:
        """Have the models of stage two loaded while stage one loads and reads."""
        if self._policy.names == "off" or self._suspicions is not None:
            return Ahead()
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from edgeroute.privacy.detecting.weighing.suspicions import (  # noqa: PLC0415 - models
            load_ahead,
        )

        return load_ahead(self._policy, self._models)

    def _weighing(self, loading: Ahead[object]) -> Suspicions:
        """Stage two, once it is loaded.

        Raises:
            DetectionFailed: a model is missing.
        """
        if self._suspicions is None:
            from edgeroute.privacy.detecting.weighing.suspicions import (  # noqa: PLC0415 - models
                Suspicions,
            )

            with self._lock:
                try:
                    loading.finish()
                    self._suspicions = self._suspicions or Suspicions(self._policy, self._models)
                except EncoderMissing as error:
                    pull = f"`edgeroute models pull {error.model}` fetches it"
                    hint = pull if error.model else "See `names` in rules/privacy.yaml"
                    said = f"{error} {hint}; until then every prompt counts as private."
                    raise DetectionFailed(said) from error
        return self._suspicions

    def _reason(self, findings: Sequence[Finding], origin: str) -> str:
        if not findings:
            return "No personal data found."
        if findings[0].source == "origin":
            where = "an attachment" if origin == "attachment" else origin.removeprefix("tool:")
            return f"Results of {where} are private by origin."
        labels = list(dict.fromkeys(self._policy.label(f.type) for f in findings))
        shown = ", ".join(labels[:3]) + (" and more" if len(labels) > 3 else "")
        return f"Found: {shown}."


@contextmanager
def _naming(stage: str) -> Iterator[None]:
    """Say of an error in which stage it was."""
    try:
        yield
    except OverBudget as error:
        raise OverBudget(stage) from error
    except (DetectionFailed, Unread):
        raise
    except Exception as error:
        raise _Broken(stage, type(error).__name__) from error


@dataclass(slots=True)
class _Budget:
    """How long a text may take on ``clock``, and which stage it is in."""

    clock: Callable[[], float]
    deadline: float
    stage: str = _DECODING

    def tick(self) -> None:
        """Stop here once time is up."""
        if self.clock() > self.deadline:
            raise OverBudget(self.stage)

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Do not count the time of what is done within."""
        begun = self.clock()
        yield
        self.deadline += self.clock() - begun


@dataclass(slots=True)
class _Heaviest:
    """The window of a text that weighs most, ``place`` in the text; no weight before the first."""

    weight: float | None = None
    text: str = ""
    place: tuple[int, int] = (0, 0)

    def note(self, page: Page, place: Place, weighed: Weighed) -> None:
        """Keep ``weighed``, a window of ``page``, if it weighs more than what is kept."""
        start, end, (probability, _) = weighed
        if self.weight is None or probability > self.weight:
            self.weight, self.text = probability, page.text[start:end]
            self.place = place(start, end)

    def held(self, opinion: LocalOpinion) -> Finding:
        """The finding that the window is for ``opinion``."""
        told = opinion.sentence
        return Finding("SENSITIVE", *self.place, opinion.probability, SOURCE, context=told)


def _finding(hit: Hit, place: Place, source: str) -> Finding:
    """``hit`` where it lies in the text that was read."""
    return Finding(
        hit.type,
        *place(hit.start, hit.end),
        min(hit.score, 1.0),
        hit.source or source,
        pattern=hit.pattern,
        context=hit.context,
    )


def _form(text: str) -> CodeForm:
    """The form of ``text`` as it is written, not as it reads."""
    from edgeroute.privacy.detecting.text.code_form import CodeForm  # noqa: PLC0415 - patterns

    return CodeForm(text, "")


def _counted(hits: list[Hit], counts: Callable[[Hit], bool]) -> list[Hit]:
    """The hits that count, in the order of the text.

    What lies within another hit of its type that is as sure is left out.
    """
    return _distinct([hit for hit in hits if counts(hit)])


def _distinct(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    widest: dict[str, list[Hit]] = {}
    for hit in sorted(hits, key=lambda one: (one.start, -one.end, -one.score)):
        around = [one for one in widest.get(hit.type, ()) if one.end > hit.start]
        if not any(one.end >= hit.end and one.score >= hit.score for one in around):
            kept.append(hit)
            around.append(hit)
        widest[hit.type] = around
    return kept
