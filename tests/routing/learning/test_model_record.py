"""One model's record: what it expects stays within what was seen, and a replay knows no outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing.learning.model_record import ModelRecord

qualities = st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=2, max_size=24)


def record(quality: list[float]) -> ModelRecord:
    """A record of prompts around a circle."""
    angles = np.arange(len(quality))
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    cost = np.full(len(quality), np.nan, dtype=np.float32)
    return ModelRecord.of(angles, points, np.array(quality, dtype=np.float32), cost)


@given(qualities)
def test_expectations_stay_within_what_was_seen(seen: Any) -> None:
    """Neither the trend nor the neighbours lead beyond the worst and the best outcome."""
    made = record(seen)
    for expected in (made.expected(made.points), made.held_out()):
        assert expected.min() >= min(seen) - 1e-4
        assert expected.max() <= max(seen) + 1e-4


@given(qualities, st.data())
def test_a_replay_does_not_know_its_own_outcome(seen: Any, data: Any) -> None:
    """What is expected of a prompt held out is the same, whatever really became of it."""
    place = data.draw(st.integers(0, len(seen) - 1))
    other = [*seen[:place], 1.0 - seen[place], *seen[place + 1 :]]
    if len(seen) > 5:
        known, changed = record(seen).held_out()[place], record(other).held_out()[place]
        assert abs(known - changed) < 1e-5


def test_the_nearest_prompts_count_most() -> None:
    """Weights fall with distance and add up to one."""
    made = record([1.0, 0.0, 0.0, 1.0])
    (best,), (weights,) = made.nearest(made.points[:1], 3)
    assert best[weights.argmax()] == 0
    assert abs(weights.sum() - 1) < 1e-5
