"""Use and money, summed up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from edgeroute.core.spending import GROUPS, SpendRow
from edgeroute.core.usage import Cost, Usage


@pytest.mark.parametrize(
    ("usage", "tokens", "rate"),
    [
        (Usage(), 0, 0.0),
        (Usage(300, output_visible=50), 350, 0.0),
        (Usage(100, 300, output_visible=50), 450, 0.75),
        (Usage(100, 100, 200, output_visible=50), 450, 0.25),
        (Usage(0, 200), 200, 1.0),
    ],
)
def test_a_row_counts_tokens_and_cache_hits(usage: Usage, tokens: int, rate: float) -> None:
    """Input and output together; the rate is the share of all input that a cache held."""
    row = SpendRow("mock/m", 1, 1, 0, usage, None, 1, None, None)
    assert (row.tokens, row.cache_hit_rate) == (tokens, rate)


def test_a_loss_is_a_loss_and_the_unknown_stays_unknown() -> None:
    """What routing saved may be below zero; without a comparison it is nothing, not 0."""
    plain = SpendRow("mock/m", 4, 4, 0, Usage(), Decimal(6), 0, None, None, turns=2)
    assert plain.comparison is None
    lossy = replace(plain, baseline=Decimal(5), compared_cost=Decimal(6), baseline_model="a/best")
    assert lossy.comparison is not None
    assert lossy.comparison.saved_by_routing == Decimal(-1)
    assert lossy.cost_each_turn == Decimal(3)
    assert replace(lossy, unknown=1).cost_each_turn is None


def test_what_was_never_asked_cost_nothing() -> None:
    """A day without a call costs $0; the cost of a call that nobody knows is unknown."""
    nothing = SpendRow("today", 0, 0, 0, Usage(), None, 0, None, None)
    assert nothing.spent == Cost(Decimal(0), "computed")
    assert replace(nothing, calls=1, unknown=1).spent.basis == "unknown"


def test_sums_can_be_asked_for_by_these_groups() -> None:
    """Everything that a receipt says of who, what and when."""
    assert set(GROUPS) == {
        "model",
        "task",
        "user",
        "day",
        "provider",
        "rule",
        "conversation",
        "client",
    }
