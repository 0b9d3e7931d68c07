"""What trials come to."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.comparison import Comparison
from edgeroute.engine.evaluating.comparison import (
    PairedComparison,
    Summary,
    as_json,
    pairs,
    summary,
)
from edgeroute.engine.evaluating.evaluation import Opinion, Trial
from edgeroute.engine.evaluating.proportion import Proportion


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


MIXED = [
    Trial(1, "a/m", None, "", Decimal("0.03"), 300, "r1"),
    Trial(2, "a/m", 0.4, "judge", None, 100, "r2",
          opinion=Opinion(0.4, "a/m", Decimal("0.002"))),
    Trial(3, "b/m", 0.8, "judge", Decimal("0.02"), 200, "r3", opinion=Opinion(0.8, "j/m", None),
          compared=Comparison(Decimal("0.02"), Decimal("0.01"), "a/best")),
    Trial(4, "b/m", None, "judge", Decimal("0.01"), 400, "r4",
          opinion=Opinion(None, "j/m", Decimal("0.001"), "r5", "The judge gave no score.")),
    Trial(5, "a/m", 0.0, "checks", Decimal(0), 900, "r6", "It broke.", "Mend it."),
]  # fmt: skip


def test_nothing_is_counted_twice_or_left_out() -> None:
    """Who answered, who judged whom, what is known of the costs and what is not."""
    found = summary(MIXED)
    assert found.quality.hits == pytest.approx(1.2)
    assert replace(found, quality=Proportion(1.2, found.quality.total)) == Summary(
        prompts=5,
        answered=4,
        quality=Proportion(1.2, 3),
        by_checks=1,
        by_judge=2,
        unjudged=1,
        cost=Decimal("0.06"),
        unknown_costs=1,
        judges={"a/m": 1, "j/m": 1},
        own=1,
        judge_cost=Decimal("0.003"),
        unknown_judge_costs=1,
        median_ms=300,
        p95_ms=900,
        models={"a/m": 3, "b/m": 2},
        compared=Comparison(Decimal("0.02"), Decimal("0.01"), "a/best"),
        compared_prompts=1,
    )
    assert summary(MIXED).cost_each is None
    assert list(summary(MIXED[2:]).models) == ["b/m", "a/m"]


@pytest.mark.parametrize(
    ("better", "worse", "chance"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 0.0625),
        (8, 2, 0.109375),
        (2, 8, 0.109375),
        (9, 1, 0.021484375),
    ],
)
def test_chance_is_that_of_the_sign_test(better: int, worse: int, chance: float) -> None:
    """Two-sided; equal scores say nothing."""
    assert PairedComparison("b", "a", better, 7, worse).chance == chance


def test_a_difference_of_a_twentieth_is_none() -> None:
    """More than that is one, either way; only the first two policies are compared."""
    base = [trial(n, 0.5) for n in range(1, 5)]
    other = [trial(1, 0.54), trial(2, 0.46), trial(3, 0.56), trial(4, 0.44)]
    assert pairs({"a": base, "b": other, "c": base}) == PairedComparison("b", "a", 1, 2, 1)
    edge, none = [trial(1, 0.05)], [trial(1, 0.0)]
    assert pairs({"a": edge, "b": none}) == PairedComparison("b", "a", 0, 1, 0)
    assert pairs({"a": none, "b": edge}) == PairedComparison("b", "a", 0, 1, 0)


def test_the_whole_is_told_to_programs() -> None:
    """Every number of the summary, every answer with its opinion, and the comparison."""
    told = json.loads(json.dumps(as_json({"a": MIXED, "b": [trial(2, 0.2)], "c": []})))
    assert told["policies"].keys() == {"a", "b"}
    found = told["policies"]["a"]
    answers = found.pop("answers")
    low, high = Proportion(1.2, 3).interval
    quality = found.pop("quality")
    assert quality == {
        "mean": pytest.approx(0.4), "low": pytest.approx(low), "high": pytest.approx(high),
        "rated": 3,
    }  # fmt: skip
    assert found == {
        "prompts": 5, "answered": 4, "by_checks": 1, "by_judge": 2, "unjudged": 1, "cost": "0.06",
        "unknown_costs": 1, "cost_each": None, "judges": {"a/m": 1, "j/m": 1}, "own": 1,
        "judge_cost": "0.003", "unknown_judge_costs": 1, "median_ms": 300, "p95_ms": 900,
        "models": {"a/m": 3, "b/m": 2},
        "compared": {
            "cost": "0.02", "premium": "0.01", "premium_model": "a/best", "single": None,
            "single_model": "", "saved_by_routing": "-0.01",
        },
        "compared_prompts": 1,
    }  # fmt: skip
    assert told["policies"]["b"]["cost_each"] == "0.01"
    assert answers[3] == {
        "line": 4, "model": "b/m", "quality": None, "by": "judge", "cost": "0.01",
        "milliseconds": 400, "receipt": "r4", "error": "", "hint": "",
        "opinion": {"score": None, "model": "j/m", "cost": "0.001", "receipt": "r5",
                    "trouble": "The judge gave no score."},
        "compared": None,
    }  # fmt: skip
    assert (answers[1]["cost"], answers[2]["opinion"]["cost"]) == (None, None)
    assert answers[4]["opinion"] is None
    assert told["comparison"] == {
        "policy": "b", "against": "a", "better": 0, "equal": 0, "worse": 1, "chance": 1.0,
    }  # fmt: skip
    assert as_json({"a": MIXED})["comparison"] is None
