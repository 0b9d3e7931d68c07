"""Whether asking helps is measured fairly: at equal over-blocking, on voices apart."""

from __future__ import annotations

from random import Random

import pytest

from edgeroute.core.calibration import Measured
from edgeroute.privacy.detecting.weighing.second_opinion import Band
from edgeroute.privacy.detecting.weighing.trial import (
    TrialText,
    by_luck,
    combine,
    is_doubtful,
    measure,
)

BAND = Band.under(0.75)


def one(samples: list[TrialText]) -> Measured:
    """The result where all texts are of one group."""
    return measure({"english": samples}, BAND)["english"]


def voices(skill: float, *, late: float = 0.0, seed: int = 7) -> list[TrialText]:
    """Two voices of doubtful texts whose reader is right with probability ``skill``."""
    random = Random(seed)
    samples = []
    for number in range(160):
        private = number % 2 == 0
        right = random.random() < skill
        opinion: float | None = 0.95 if right is private else 0.05
        if random.random() < late:
            opinion = None
        weight = random.uniform(0.2, 0.7)
        samples.append(TrialText(f"voice {number % 4 // 2}", private, weight, False, opinion))
    return samples


def test_a_reader_that_knows_helps() -> None:
    """It gains private texts that no threshold would hold at the same price."""
    found = one(voices(0.98))
    assert found.helps
    assert found.gained > found.lost + 10
    assert found.asked == found.texts == 160


@pytest.mark.parametrize("skill", [0.5, 0.3])
def test_a_reader_that_guesses_does_not(skill: float) -> None:
    """Guesses and answers that are worse stay off, but for the luck that is allowed for."""
    assert sum(one(voices(skill, seed=seed)).helps for seed in range(30)) <= 2


def test_a_reader_that_is_often_late_does_not_help() -> None:
    """What is late would be held at run time: over-blocking that no figure shows."""
    found = one(voices(0.98, late=0.2))
    assert found.late > 0
    assert not found.helps


def test_without_doubtful_texts_there_is_nothing_to_find() -> None:
    """No text, or none in the band: off."""
    assert not one([]).helps
    clear = [TrialText("a", private=False, weight=0.01, held=False)]
    assert not one(clear).helps


def test_only_what_is_neither_held_nor_clear_is_doubtful() -> None:
    """A text that is held for another reason is not asked about."""
    assert is_doubtful(TrialText("a", private=True, weight=0.5, held=False), BAND)
    assert not is_doubtful(TrialText("a", private=True, weight=0.5, held=True), BAND)
    assert not is_doubtful(TrialText("a", private=True, weight=0.1, held=False), BAND)


def test_the_cut_spares_harmless_texts() -> None:
    """At most as many harmless texts are held as are allowed; with none learned, nothing is."""
    answered = voices(0.9)
    combination = combine(answered, 2)
    held = [s for s in answered if combination.holds(s.weight, s.opinion or 0.0)]
    assert sum(not sample.private for sample in held) <= 2
    assert any(sample.private for sample in held)
    assert not combine([], 2).holds(0.74, 1.0)


def test_luck_is_a_sign_test() -> None:
    """Five gains without a loss are luck in one case of 32; no change is luck for sure."""
    assert by_luck(5, 0) == pytest.approx(1 / 32)
    assert by_luck(0, 0) == 1
    assert by_luck(3, 3) > 0.5


def test_groups_learn_together_and_are_asked_about_apart() -> None:
    """A model that knows one group and guesses in another is asked about the first alone."""
    found = measure({"english": voices(0.98), "scripts": voices(0.5, seed=3)}, BAND)
    assert found["english"].helps
    assert not found["scripts"].helps
