"""Experience: what similar prompts say, in words, and what is suggested from it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing.outcomes import Experience, Remembered, suggest

EAST, NORTH = (1.0, 0.0), (0.0, 1.0)


def experience() -> Experience:
    """Eastern prompts go well on the cheap model, northern ones only on the dear one."""
    east = [Remembered(EAST, {"cheap": (1.0, 0.001), "dear": (1.0, 0.02)}) for _ in range(15)]
    north = [Remembered(NORTH, {"cheap": (0.0, 0.001), "dear": (1.0, 0.02)}) for _ in range(15)]
    return Experience.of([*east, *north, Remembered((), {"cheap": (0.0, None)})])


COSTS = {"cheap": Decimal("0.001"), "dear": Decimal("0.02")}


def advise(vector: Any, chosen: str = "dear") -> Any:
    """What is advised for a prompt in this direction."""
    near = np.array(vector, dtype=np.float32)
    return experience().advise(near, chosen, COSTS, neighbours=10, good_enough=0.8)


def test_similar_prompts_speak_for_the_cheap_model() -> None:
    """Where the cheap model was fine on similar prompts it is advised, with the count."""
    advice = advise(EAST)
    assert advice is not None
    assert advice.model == "cheap"
    assert advice.sentence == "10 of 10 similar prompts were fine on cheap."


def test_nothing_is_advised_against_the_evidence() -> None:
    """Where it was not, the choice stays; and a model never advises itself."""
    assert advise(NORTH) is None
    assert advise(EAST, chosen="cheap") is None


def test_too_few_outcomes_say_nothing() -> None:
    """A handful of prompts is no experience."""
    few = Experience.of([Remembered(EAST, {"cheap": (1.0, None)})] * 3)
    assert few.estimate("cheap", np.array(EAST, dtype=np.float32), 5) is None
    empty = Experience.of([])
    near = np.array(EAST, dtype=np.float32)
    assert empty.advise(near, "dear", COSTS, neighbours=5, good_enough=0.8) is None


def test_unknown_costs_stay_unknown() -> None:
    """Nobody's price is made up."""
    rows = [Remembered(EAST, {"cheap": (1.0, None)})] * 9
    estimate = Experience.of(rows).estimate("cheap", np.array(EAST, dtype=np.float32), 5)
    assert estimate is not None
    assert estimate.cost is None


qualities = st.lists(st.floats(0, 1), min_size=5, max_size=30)


@given(qualities, st.integers(1, 40), st.floats(0, 6.28))
def test_estimates_stay_within_what_was_seen(seen: Any, neighbours: Any, angle: Any) -> None:
    """An estimate lies between the worst and the best outcome, and counts its neighbours."""
    rows = [
        Remembered((float(np.cos(i)), float(np.sin(i))), {"m": (q, q)}) for i, q in enumerate(seen)
    ]
    near = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
    estimate = Experience.of(rows).estimate("m", near, neighbours)
    assert estimate is not None
    assert estimate.cost is not None
    assert min(seen) - 1e-5 <= estimate.quality <= max(seen) + 1e-5
    assert min(seen) - 1e-5 <= estimate.cost <= max(seen) + 1e-5
    assert estimate.fine <= estimate.neighbours <= len(seen)


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
