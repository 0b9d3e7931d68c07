"""Who is asked about a doubtful text, and that asking can only add to what is held."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import msgspec
import pytest

from edgeroute.core.calibration import Calibration, Combination, Measured
from edgeroute.privacy.detecting.weighing.second_opinion import (
    Band,
    NoOpinion,
    SecondOpinion,
    basis,
)
from edgeroute.privacy.policy import EntityAction, Level, PrivacyPolicy

POLICY = PrivacyPolicy.load()
DOUBTFUL = 0.5
ENGLISH = "What should she do about the letter from the bank?"
HELPS = Measured(90, 30, 0, 9, 1, 1, 0.01, True, Combination(1.0, 1.0, 0.0, 0.6))


@dataclass
class Scripted:
    """A reader that always says the same, or fails."""

    said: float | Exception = 0.9
    model: str = "local/scripted"
    asked: list[tuple[str, float]] = field(default_factory=list)

    def chance_of_yes(self, question: str, text: str, seconds: float) -> float:
        """What it always says."""
        assert "yes or no" in question
        self.asked.append((text, seconds))
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


def made(reader: Scripted, policy: PrivacyPolicy = POLICY, **changes: object) -> SecondOpinion:
    """A second opinion that helps for English texts."""
    calibration = Calibration("here", "local/scripted", basis(POLICY), "", {"english": HELPS})
    return SecondOpinion(reader, policy, (replace(calibration, **changes),))  # type: ignore[arg-type]


def test_a_doubtful_text_is_put_to_the_reader() -> None:
    """It is asked once, within three seconds, and its yes holds the text."""
    reader = Scripted()
    opinion = made(reader).of(ENGLISH, DOUBTFUL)
    assert reader.asked == [(ENGLISH, 3.0)]
    assert opinion is not None
    assert opinion.holds
    assert opinion.sentence.startswith("local/scripted was asked")
    assert "bank" not in opinion.sentence


def test_a_no_holds_nothing_and_is_told() -> None:
    """Whoever was asked is named even where it changes nothing."""
    opinion = made(Scripted(0.1)).of(ENGLISH, DOUBTFUL)
    assert opinion is not None
    assert not opinion.holds
    assert "no (90%)" in opinion.sentence


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.75, 0.9])
def test_what_is_clear_or_held_anyway_is_not_asked_about(weight: float) -> None:
    """Only weights in the band below the threshold are doubtful."""
    reader = Scripted()
    assert made(reader).of(ENGLISH, weight) is None
    assert reader.asked == []


def test_nobody_is_asked_without_a_calibration_that_helps() -> None:
    """None for this model, this group, this scale or this threshold; or one that does not help."""
    reader = Scripted()
    strict = msgspec.structs.replace(POLICY, level=Level.STRICT)
    useless = {"english": replace(HELPS, helps=False)}
    for second in (
        SecondOpinion(reader, POLICY, ()),
        made(reader, model="local/other"),
        made(reader, basis="another scale"),
        made(reader, groups=useless),
        made(reader, strict),
    ):
        assert second.of(ENGLISH, DOUBTFUL) is None
    assert made(reader).of("Что ей делать дальше?", DOUBTFUL) is None
    assert reader.asked == []


@pytest.mark.parametrize("error", [TimeoutError(), RuntimeError("broken"), ValueError("x")])
def test_a_reader_that_fails_keeps_the_text_here(error: Exception) -> None:
    """Where it is measured to help, no answer is no leave; elsewhere nothing changes."""
    with pytest.raises(NoOpinion):
        made(Scripted(error)).of(ENGLISH, DOUBTFUL)
    assert made(Scripted(error)).of(ENGLISH, 0.9) is None
    assert SecondOpinion(Scripted(error), POLICY, ()).of(ENGLISH, DOUBTFUL) is None


def test_who_is_being_asked_can_be_shown() -> None:
    """The model is named before the question, and nothing after it, even after a failure."""
    told: list[str] = []
    second = made(Scripted(TimeoutError()))
    second.on_asking = told.append
    with pytest.raises(NoOpinion):
        second.of(ENGLISH, DOUBTFUL)
    assert told == ["local/scripted", ""]


def test_a_calibration_is_part_of_the_rules_version() -> None:
    """Verdicts that were reached without asking are void once asking is on."""
    assert SecondOpinion(Scripted(), POLICY, ()).version == ""
    on = made(Scripted()).version
    other = replace(HELPS, combination=replace(HELPS.combination, cut=0.7))
    assert on
    assert made(Scripted(), groups={"english": other}).version not in {"", on}


def test_where_private_matters_may_leave_nothing_is_doubtful() -> None:
    """A user who lets them go is not overruled by the reader."""
    entities = dict(POLICY.entities)
    allowed = msgspec.structs.replace(entities["SENSITIVE"], action=EntityAction.ALLOW)
    policy = msgspec.structs.replace(POLICY, entities=entities | {"SENSITIVE": allowed})
    assert not Band.under(policy.threshold("SENSITIVE")).holds(DOUBTFUL)
