"""Suggestions: what the record of a rule speaks for, and when it says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from edgeroute.routing.learning.neighbours import Remembered
from edgeroute.routing.learning.suggestions import suggest

EAST = (1.0, 0.0)


def ruled(rule: str, model: str, quality: float, cost: float, count: int) -> list[Remembered]:
    """``count`` prompts of a rule with the same outcome."""
    return [Remembered(EAST, {model: (quality, cost)}, rule=rule)] * count


def test_a_cheaper_model_that_does_as_well_is_suggested() -> None:
    """The record of a rule speaks for a cheaper model, with both counts and the price."""
    rows = ruled("r", "dear", 1.0, 0.02, 20) + ruled("r", "cheap", 1.0, 0.002, 15)
    (found,) = suggest(rows, {"r": "dear"})
    assert (found.rule, found.model, found.instead) == ("r", "dear", "cheap")
    assert "15 of 15 were fine on cheap" in found.sentence
    assert "1/10 of the cost" in found.sentence
    assert found.replay.sentence == (
        "Replayed over 20 answers: $0.0400 instead of $0.4000; no prompt was answered by both, so"
        " harm is not known."
    )


def test_a_stronger_model_is_suggested_where_the_rules_own_does_poorly() -> None:
    """A rule whose model often fails is told of one that does not."""
    rows = ruled("r", "cheap", 0.2, 0.002, 20) + ruled("r", "dear", 1.0, 0.02, 15)
    (found,) = suggest(rows, {"r": "cheap"})
    assert found.instead == "dear"
    assert found.sentence.startswith("Only 0 of 20")


@pytest.mark.parametrize("count", [0, 5])
def test_little_evidence_suggests_nothing(count: Any) -> None:
    """Nothing is suggested from a few prompts."""
    rows = ruled("r", "dear", 1.0, 0.02, 20) + ruled("r", "cheap", 1.0, 0.002, count)
    assert suggest(rows, {"r": "dear"}) == []


def test_a_replay_counts_what_would_have_come_out_worse() -> None:
    """Of the prompts that both models answered; without costs it speaks of none."""
    rows = ruled("r", "dear", 1.0, 0.02, 20) + ruled("r", "cheap", 1.0, 0.002, 15)
    both = [
        Remembered(EAST, {"dear": (1.0, 0.02), "cheap": (quality, 0.002)}, rule="r")
        for quality in (1.0, 1.0, 0.0)
    ]
    (found,) = suggest([*rows, *both, *ruled("r", "cheap", 1.0, 0.002, 30)], {"r": "dear"})
    assert (found.replay.answers, found.replay.both, found.replay.worse) == (23, 3, 1)
    assert "of 3 prompts that both answered, 1 came out worse" in found.replay.sentence
