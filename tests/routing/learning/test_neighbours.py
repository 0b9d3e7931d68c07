"""Experience: what similar prompts say, in words, and what is suggested from it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing.learning.neighbours import Experience, Remembered

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


def test_a_dearer_model_is_never_advised() -> None:
    """Advice only ever saves; a free model may take the place of one without a price."""
    assert advise(NORTH, chosen="cheap") is None
    free: dict[str, Decimal | None] = {"cheap": Decimal(0), "dear": None}
    near = np.array(EAST, dtype=np.float32)
    found = experience().advise(near, "dear", free, neighbours=10, good_enough=0.8)
    assert found is not None
    assert found.model == "cheap"


def test_a_swap_that_would_have_done_harm_is_not_advised() -> None:
    """Where nothing tells good prompts from bad, replayed swaps cost quality: no lead is enough."""
    rows = [
        Remembered(EAST, {"cheap": (float(n % 2), 0.001), "dear": (1.0, 0.02)}) for n in range(40)
    ]
    known = Experience.of(rows)
    assert known.lead("cheap", "dear", "") is None
    near = np.array(EAST, dtype=np.float32)
    assert known.advise(near, "dear", COSTS, neighbours=10, good_enough=0.1) is None


def test_a_lucky_streak_is_no_evidence() -> None:
    """Two prompts of thirty better than the other model may be chance; ten of thirty are not."""
    for ahead, told in ((2, False), (10, True)):
        rows = [
            Remembered(EAST, {"cheap": (float(n % 3 < 2), 0.001), "dear": (float(n % 3 < 1), 0.02)})
            for n in range(3 * ahead)
        ]
        even = {"cheap": (1.0, 0.001), "dear": (1.0, 0.02)}
        odd = {"cheap": (0.0, 0.001), "dear": (1.0, 0.02)}
        rows += [Remembered(EAST, even if n else odd) for n in range(30 - 3 * ahead)]
        assert (Experience.of(rows).lead("cheap", "dear", "") is not None) == told, ahead


def test_only_prompts_of_the_task_are_replayed() -> None:
    """A model that does well at one task earns nothing at another."""
    rows = [
        Remembered(EAST, {"cheap": (1.0, 0.001), "dear": (1.0, 0.02)}, task="chat")
        for _ in range(20)
    ]
    known = Experience.of(rows)
    assert known.lead("cheap", "dear", "chat") is not None
    assert known.lead("cheap", "dear", "legal") is None


def test_models_asked_different_prompts_are_compared_too() -> None:
    """No prompt needs to have gone to both models."""
    rows = [Remembered(EAST, {"cheap": (1.0, 0.001)}) for _ in range(20)]
    rows += [Remembered(EAST, {"dear": (1.0, 0.02)}) for _ in range(20)]
    assert Experience.of(rows).lead("cheap", "dear", "") is not None
    assert Experience.of(rows[:30]).lead("cheap", "dear", "") is None


def test_too_few_outcomes_say_nothing() -> None:
    """A handful of prompts is no experience."""
    few = Experience.of([Remembered(EAST, {"cheap": (1.0, None)})] * 3)
    assert few.estimate("cheap", np.array(EAST, dtype=np.float32), 5) is None
    empty = Experience.of([])
    near = np.array(EAST, dtype=np.float32)
    assert empty.advise(near, "dear", COSTS, neighbours=5, good_enough=0.8) is None


def test_prompts_on_another_matter_are_no_experience() -> None:
    """What is nearest is not therefore similar: it is not counted, and nothing is advised by it."""
    rows = [Remembered(EAST, {"cheap": (1.0, 0.001), "dear": (1.0, 0.02)}) for _ in range(30)]
    north = np.array(NORTH, dtype=np.float32)
    known = Experience.of(rows)
    estimate = known.estimate("cheap", north, 10)
    assert estimate is not None
    assert (estimate.fine, estimate.neighbours, estimate.telling) == (0, 0, False)
    assert known.advise(north, "dear", COSTS, neighbours=10, good_enough=0.5) is None
    near = known.estimate("cheap", np.array(EAST, dtype=np.float32), 10)
    assert near is not None
    assert near.telling


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
