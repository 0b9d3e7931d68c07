"""A calibration run: resumable, kept privately, for one machine and model."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeroute.core.calibration import CalibrationProgress
from edgeroute.core.errors import LocalModelError
from edgeroute.privacy import calibration
from edgeroute.privacy.calibration import (
    Calibrations,
    Calibrator,
    LabelledText,
    calibration_texts,
)
from edgeroute.privacy.detecting.protocol import Scan
from edgeroute.privacy.policy import PrivacyPolicy

NOW = datetime(2026, 1, 2, tzinfo=UTC)
POLICY = PrivacyPolicy.load()
COUNT = 120


def texts() -> Iterator[LabelledText]:
    """English texts of two voices; every other one is private."""
    for number in range(COUNT):
        private = number % 2 == 0
        word = "private" if private else "harmless"
        voice = "one" if number < COUNT // 2 else "two"
        yield LabelledText(f"{number}", private, f"This is the {word} text of the test.", voice)


class Doubting:
    """Weighs everything alike, below the threshold."""

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """Nothing is found in ``text``."""
        return Scan(private=False, weight=0.5)


@dataclass
class Knowing:
    """A reader that knows, and fails at the question number ``fails``."""

    model: str = "local/knowing"
    fails: int = 0
    error: type[BaseException] = LocalModelError
    asked: list[str] = field(default_factory=list)

    def chance_of_yes(self, question: str, text: str, seconds: float) -> float:
        """Yes for private texts."""
        self.asked.append(text)
        if len(self.asked) == self.fails:
            raise self.error("broken")
        return 0.95 if "private" in text else 0.05


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the texts of this file are read."""
    monkeypatch.setattr(calibration, "calibration_texts", texts)


def run(reader: Knowing, folder: Path) -> Calibrator:
    """A run over a detector that doubts."""
    return Calibrator(Doubting(), POLICY, reader, Calibrations(folder))  # type: ignore[arg-type]


async def test_a_reader_that_knows_is_asked_from_now_on(tmp_path: Path) -> None:
    """The result counts for this machine, lies in a private file, and holds no text."""
    seen: list[CalibrationProgress] = []
    made = await run(Knowing(), tmp_path).run(NOW, seen.append)
    assert made.groups["english"].helps
    assert not made.groups["scripts"].helps
    kept = Calibrations(tmp_path)
    assert [one.model for one in kept.here()] == ["local/knowing"]
    assert "local/knowing for texts in english" in kept.sentence(POLICY)
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert "harmless text" not in kept.path.read_text("utf-8")
    assert seen[-1].done == seen[-1].total == COUNT


async def test_a_run_that_was_stopped_goes_on(tmp_path: Path) -> None:
    """What was answered is not asked again, unless everything is asked anew."""
    with pytest.raises(LocalModelError):
        await run(Knowing(fails=41), tmp_path).run(NOW, lambda _: None)
    second = Knowing()
    await run(second, tmp_path).run(NOW, lambda _: None)
    assert len(second.asked) == COUNT - 39 + 1  # and one to have the model loaded
    third = Knowing()
    await run(third, tmp_path).run(NOW, lambda _: None, again=True)
    assert len(third.asked) == COUNT + 1


async def test_another_machine_or_a_broken_file_turns_nothing_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that was copied counts nowhere else; what cannot be read is as if it were not."""
    await run(Knowing(), tmp_path).run(NOW, lambda _: None)
    kept = Calibrations(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(calibration, "machine", lambda: "another")
        assert kept.here() == ()
    kept.path.write_text("{")
    assert kept.here() == ()
    assert "not measured" in kept.sentence(POLICY)


async def test_a_model_that_is_always_late_is_given_up(tmp_path: Path) -> None:
    """The run ends with what to do instead of asking on for minutes."""

    class Slow(Knowing):
        def chance_of_yes(self, question: str, text: str, seconds: float) -> float:
            """Late for every text but the first, which loads the model."""
            self.asked.append(text)
            if len(self.asked) > 1:
                raise TimeoutError
            return 0.5

    slow = Slow()
    with pytest.raises(LocalModelError, match="more than 3 s"):
        await run(slow, tmp_path).run(NOW, lambda _: None)
    assert len(slow.asked) < 20


def test_the_texts_are_of_voices_that_teach_nothing() -> None:
    """They ship with the program, private and harmless in nearly equal number."""
    found = list(calibration_texts())
    assert len({text.voice for text in found}) >= 2
    assert len({text.id for text in found}) == len(found)
    share = sum(text.private for text in found) / len(found)
    assert 0.4 < share < 0.6
