"""Measures on this machine whether the local model's second opinion helps the privacy check.

The texts are those of the calibration voices that ship with EdgeRoute. Answers are kept as they
come, so that a run that was stopped goes on where it was. What is found holds for one machine, one
model and one group of languages.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from edgeroute import datafile
from edgeroute.core.calibration import Calibration, CalibrationProgress
from edgeroute.core.errors import LocalModelError, StoreError
from edgeroute.core.private_file import write_private
from edgeroute.privacy.detecting.detector import DetectionFailed, Detector
from edgeroute.privacy.detecting.weighing.scale import FOLDER
from edgeroute.privacy.detecting.weighing.second_opinion import (
    QUESTION,
    SECONDS,
    Band,
    Reader,
    basis,
)
from edgeroute.privacy.detecting.weighing.trial import TrialText, is_doubtful, measure
from edgeroute.privacy.policy import PrivacyPolicy

FILE: Final = "second-opinion.json"
_LOADING_SECONDS: Final = 300.0  # the first question also loads the model
_SAVED_EVERY: Final = 10
_FEW_LATE: Final = 8  # answers that may be late in a row before a run gives up


class LabelledText(msgspec.Struct, frozen=True):
    """A row of a voice."""

    id: str
    private: bool
    text: str
    voice: str = ""


class _Kept(msgspec.Struct):
    """The file. ``answers`` are by model and basis, then by text; None for one that came late."""

    calibrations: list[Calibration] = []
    answers: dict[str, dict[str, float | None]] = {}


class Calibrations:
    """What was measured, in the folder ``data``."""

    def __init__(self, data: Path) -> None:
        self.path = data / FILE

    def here(self) -> tuple[Calibration, ...]:
        """Those of this machine; none where the file cannot be read: nobody is asked then."""
        return tuple(one for one in self.read().calibrations if one.machine == machine())

    def sentence(self, policy: PrivacyPolicy) -> str:
        """Which models are asked about which languages, and if none, what to do about it."""
        now = basis(policy)
        asked = [
            f"{one.model} for texts in {' and in '.join(groups)}"
            for one in self.here()
            if one.basis == now
            and (groups := [name for name, measured in one.groups.items() if measured.helps])
        ]
        if asked:
            return f"doubtful texts are put to {', '.join(asked)}"
        if any(one.basis == now for one in self.here()):
            return "nobody is asked: measured here, it did not help"
        return "nobody is asked: it was not measured here (`edgeroute privacy calibrate`)"

    def read(self) -> _Kept:
        """Everything that is kept."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Kept)
        except (OSError, msgspec.MsgspecError):
            return _Kept()

    def write(self, kept: _Kept) -> None:
        """Keep everything.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            write_private(self.path, msgspec.json.encode(kept))
        except OSError as error:
            message = f"The calibration cannot be kept ({error.strerror})."
            raise StoreError(message, f"Check the folder {self.path.parent}.") from error


class Calibrator:
    """One run. ``detector`` is one without a second opinion."""

    def __init__(
        self, detector: Detector, policy: PrivacyPolicy, reader: Reader, kept: Calibrations
    ) -> None:
        self._detector = detector
        self._policy = policy
        self._reader = reader
        self._kept = kept
        self._band = Band.under(policy.threshold("SENSITIVE"))

    async def run(
        self, now: datetime, tell: Callable[[CalibrationProgress], None], *, again: bool = False
    ) -> Calibration:
        """Measure and keep the result; ``again`` forgets earlier answers.

        Raises:
            LocalModelError: the model does not answer.
            StoreError: the result cannot be kept.
        """
        # Its lists of words are read at the first scan only.
        from edgeroute.privacy.detecting.weighing.evidence import GROUPS, group_of  # noqa: PLC0415

        model = await asyncio.to_thread(lambda: self._reader.model)
        based = basis(self._policy)
        kept = self._kept.read()
        answers = kept.answers.setdefault(f"{model} {based}", {})
        if again:
            answers.clear()
        texts = list(calibration_texts())
        groups: dict[str, list[TrialText]] = {group: [] for group in GROUPS}
        asking = _Asking(self._reader, answers)
        try:
            for number, text in enumerate(texts, 1):
                tell(CalibrationProgress(number, len(texts), asked=False))
                scan = await asyncio.to_thread(self._detector.scan, text.text)
                sample = TrialText(text.voice, text.private, scan.weight or 0.0, scan.private)
                if is_doubtful(sample, self._band):
                    tell(CalibrationProgress(number, len(texts), asked=True))
                    sample = sample._replace(opinion=await asking.answer(text))
                    if len(answers) % _SAVED_EVERY == 0:
                        self._kept.write(kept)
                groups[group_of(text.text)].append(sample)
        except DetectionFailed as error:
            raise LocalModelError(str(error), "Look at it with `edgeroute doctor`.") from error
        finally:
            self._kept.write(kept)
        measured = measure(groups, self._band)
        made = Calibration(machine(), model, based, now.isoformat(), measured)
        others = [
            one for one in kept.calibrations
            if (one.machine, one.model) != (made.machine, made.model)
        ]  # fmt: skip
        kept.calibrations = [*others, made]
        self._kept.write(kept)
        return made


class _Asking:
    """Asks ``reader``, and keeps what it says in ``answers``."""

    def __init__(self, reader: Reader, answers: dict[str, float | None]) -> None:
        self._reader = reader
        self._answers = answers
        self._loaded = False
        self._late = 0

    async def answer(self, text: LabelledText) -> float | None:
        """The answer on ``text``, asked for once; None where it came late.

        Raises:
            LocalModelError: it gives no answer, or always a late one.
        """
        if text.id in self._answers:
            return self._answers[text.id]
        if not self._loaded:  # so that loading is not taken for answering
            await self._ask("Good morning.", _LOADING_SECONDS)
            self._loaded = True
        try:
            said = self._answers[text.id] = await self._ask(text.text, SECONDS)
        except TimeoutError:
            self._late += 1
            if self._late >= _FEW_LATE:
                raise LocalModelError(
                    f"{self._reader.model} takes more than {SECONDS:g} s for an answer here, so it"
                    " cannot help.",
                    "Choose a smaller model with `edgeroute models use`.",
                ) from None
            self._answers[text.id] = None
            return None
        self._late = 0
        return said

    async def _ask(self, text: str, seconds: float) -> float:
        return await asyncio.to_thread(self._reader.chance_of_yes, QUESTION, text, seconds)


def calibration_texts() -> Iterator[LabelledText]:
    """The texts of the voices that neither teach the scale nor report on it."""
    folder = datafile.packaged("models") / FOLDER
    split = datafile.load(folder / "split.yaml", dict[str, list[str]])
    for voice in split["calibration"]:
        with (folder / "voices" / f"{voice}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                row = msgspec.json.decode(line, type=LabelledText)
                yield msgspec.structs.replace(row, voice=voice)


def machine() -> str:
    """What this machine is known by in the file: a copied folder counts nowhere else."""
    return f"{platform.node()} {platform.system()} {platform.machine()}"
