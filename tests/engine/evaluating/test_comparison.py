"""What trials come to."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.engine.evaluating.comparison import PairedComparison, as_json, pairs, summary
from edgeroute.engine.evaluating.evaluation import Opinion, Trial


def trial(line: int, quality: float | None, milliseconds: int = 100) -> Trial:
    """A judged answer that cost a cent."""
    opinion = Opinion(quality, "judge/m", Decimal("0.001"))
    return Trial(line, "a/m", quality, "judge", Decimal("0.01"), milliseconds, f"r{line}",
                 opinion=opinion)  # fmt: skip


def test_a_summary_adds_up() -> None:
    """Mean quality of what was rated, cost with the judge's apart, median and 95th percentile."""
    rows = [trial(n, 0.5 if n % 2 else 1.0, n * 10) for n in range(1, 21)]
    found = summary([*rows, trial(21, None, 9_999)])
    assert found.quality.value == 0.75
    assert (found.quality.total, found.unjudged) == (20, 1)
    assert (found.cost, found.judge_cost) == (Decimal("0.21"), Decimal("0.021"))
    assert (found.judges, found.own, found.unknown_judge_costs) == ({"judge/m": 20}, 0, 0)
    assert found.cost_each == Decimal("0.01")
    assert (found.median_ms, found.p95_ms) == (110, 200)


def test_policies_are_compared_on_the_same_prompts() -> None:
    """Only prompts that both were rated for count; scores a hair apart are equal."""
    base = [trial(1, 0.5), trial(2, 0.5), trial(3, 0.5), trial(4, None)]
    other = [trial(1, 0.9), trial(2, 0.52), trial(3, 0.1), trial(4, 1.0), trial(5, 1.0)]
    assert pairs({"a": base, "b": other}) == PairedComparison("b", "a", 1, 1, 1)
    assert pairs({"a": base}) is None


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_chance_is_a_probability(better: int, worse: int) -> None:
    """In 0..1, the same both ways, and certain where neither side leads."""
    chance = PairedComparison("b", "a", better, 0, worse).chance
    assert 0 <= chance <= 1
    assert chance == PairedComparison("b", "a", worse, 0, better).chance
    if better == worse:
        assert chance == 1


def test_everything_is_told_to_programs() -> None:
    """Each answer with its receipt and the judge's, amounts as text."""
    told = json.loads(json.dumps(as_json({"a": [trial(1, 0.5)], "b": [trial(1, None)]})))
    assert told["policies"]["a"]["answers"][0]["receipt"] == "r1"
    assert told["policies"]["a"]["answers"][0]["opinion"]["cost"] == "0.001"
    assert told["policies"]["b"]["quality"] == {"mean": None, "low": None, "high": None, "rated": 0}
    assert told["comparison"]["equal"] == 0
