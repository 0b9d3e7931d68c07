"""Whether one text holds personal data: cheap stages first, and no answer means private.

The stages are the recognisers of this room, Presidio's own, and the names. When routing, the first
finding that counts is enough; when highlighting, all of them are read.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from edgeroute.core.verdict import Finding
from edgeroute.privacy.detecting.presidio import Presidio
from edgeroute.privacy.detecting.protocol import Scan
from edgeroute.privacy.detecting.recognizers.internal_code import InternalCodeMarks
from edgeroute.privacy.detecting.text.decoding import Place, TooManyParts, all_readings
from edgeroute.privacy.detecting.text.page import Finder, Hit, OverBudget, Page
from edgeroute.privacy.policy import PrivacyPolicy

if TYPE_CHECKING:
    from edgeroute.privacy.detecting.names.names import NameModel

MODEL_FOLDER: Final = "rampart"


class DetectionFailed(Exception):
    """The text could not be read to its end. Whoever asked keeps it on this machine."""


class Detector:
    """Reads texts for personal data. Thread-safe; loads what it needs at the first scan.

    ``models`` is the folder of model files. ``allowed`` says whether an exact string is on the
    user's allow list; findings of such strings do not count.
    """

    def __init__(
        self,
        policy: PrivacyPolicy,
        models: Path,
        *,
        allowed: Callable[[str], bool] = lambda _: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policy = policy
        self._models = models
        self._allowed = allowed
        self._clock = clock
        self._lock = Lock()
        self._stages: tuple[Finder, ...] | None = None
        self._internal = InternalCodeMarks(
            policy.internal_code.paths, policy.internal_code.headers, policy.internal_code.hosts
        )

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
        except TooManyParts as error:
            raise DetectionFailed("The text has more coded parts than are read.") from error
        except OverBudget as error:
            seconds = self._policy.budget.seconds
            message = f"Reading the text for personal data took more than {seconds:g} s."
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
        if full or not findings:
            for finding in self._findings(text, full=full):
                findings.append(finding)
                if not full:
                    break
        return Scan(bool(findings), tuple(findings), self._reason(findings, origin), internal)

    def _findings(self, text: str, *, full: bool) -> Iterator[Finding]:
        """Every finding that counts, stage by stage, each part of the text in turn."""
        finders = self._ready()  # loading is not the text's fault
        deadline = self._clock() + self._policy.budget.seconds

        def tick() -> None:
            if self._clock() > deadline:
                raise OverBudget

        if not text.strip():
            return
        pages = list(self._pages(text, full=full, tick=tick))
        for finder in finders:
            given = [one for one in pages if one[0].holds(finder.needs)]
            if given and isinstance(finder, Presidio):
                begun = self._clock()
                finder.load()
                deadline += self._clock() - begun
            for page, place in given:
                tick()
                for hit in _counted(finder, page, self._policy.threshold):
                    yield Finding(
                        hit.type,
                        *place(hit.start, hit.end),
                        min(hit.score, 1.0),
                        hit.source or finder.name,
                        pattern=hit.pattern,
                        context=hit.context,
                    )
        tick()

    def _pages(
        self, text: str, *, full: bool, tick: Callable[[], None]
    ) -> Iterator[tuple[Page, Place]]:
        """The text in all its readings, and where places in them lie."""
        for reading, place in all_readings(text):
            tick()
            yield Page(reading, full=full, tick=tick, allowed=self._allowed), place

    def _ready(self) -> Sequence[Finder]:
        if self._stages is None:
            with self._lock:
                if self._stages is None:
                    self._stages = tuple(self._load())
        return self._stages

    def _load(self) -> Iterator[Finder]:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from edgeroute.privacy.detecting.stages import stages  # noqa: PLC0415 - many patterns

        yield from stages(self._policy)
        if self._policy.names == "off":
            return
        from edgeroute.privacy.detecting.names.names import Names  # noqa: PLC0415 - with the model

        yield Names(self._name_model(), least=self._policy.threshold("PERSON"))

    def _name_model(self) -> NameModel:
        if self._policy.names == "spacy":
            from edgeroute.privacy.detecting.names.spacy_names import SpacyNames  # noqa: PLC0415

            if importlib.util.find_spec(SpacyNames.package) is None:
                message = f"The names model {SpacyNames.package} is not installed."
                raise DetectionFailed(message)
            return SpacyNames()
        from edgeroute.privacy.detecting.names.rampart import (  # noqa: PLC0415 - brings onnxruntime
            ModelMissing,
            Rampart,
        )

        try:
            return Rampart(self._models / MODEL_FOLDER)
        except ModelMissing as error:
            message = f"{error} Get it with `edgeroute models pull {MODEL_FOLDER}`."
            raise DetectionFailed(message) from error

    def _reason(self, findings: Sequence[Finding], origin: str) -> str:
        if not findings:
            return "No personal data found."
        if findings[0].source == "origin":
            where = "an attachment" if origin == "attachment" else origin.removeprefix("tool:")
            return f"Results of {where} are private by origin."
        labels = list(dict.fromkeys(self._policy.label(f.type) for f in findings))
        shown = ", ".join(labels[:3]) + (" and more" if len(labels) > 3 else "")
        return f"Found: {shown}."


def _counted(finder: Finder, page: Page, threshold: Callable[[str], float]) -> list[Hit]:
    """The hits of ``finder`` that count, in the order of the text; one where one is enough.

    ``threshold`` is the lowest score at which an entity counts. What lies within another hit of
    its type that is as sure is left out.
    """
    hits: list[Hit] = []
    for hit in finder.find(page):
        if hit.score < threshold(hit.type) or page.allowed(page.text[hit.start : hit.end]):
            continue
        if page.dummy(hit):
            continue
        hits.append(hit)
        if not page.full:
            return hits
        if len(hits) % 256 == 0:
            page.tick()
    return _distinct(hits)


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
