"""Tokens and money add up."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.usage import FREE, UNKNOWN_COST, Cost, CostBasis, Usage

counts = st.integers(0, 10_000)
usages = st.builds(Usage, counts, counts, counts, counts, counts, counts)


@given(usages, usages)
def test_sums_keep_every_token(left: Usage, right: Usage) -> None:
    """Totals of a sum are the sums of totals, class by class."""
    both = left + right
    assert both.input == left.input + right.input
    assert both.output == left.output + right.output
    assert both.total == both.input + both.output


def test_a_sum_of_costs_is_as_sure_as_its_weaker_part() -> None:
    """Known plus unknown keeps the known amount and says that it is not the whole."""
    total = Cost(Decimal("0.5"), "reported") + Cost(Decimal("0.25"), "estimated")
    assert total == Cost(Decimal("0.75"), "estimated")
    assert (total + UNKNOWN_COST) == Cost(Decimal("0.75"), "unknown")


def test_unknown_is_never_zero() -> None:
    """An unknown cost has no amount; a free one has the amount 0."""
    assert (UNKNOWN_COST + UNKNOWN_COST).amount is None
    assert (FREE + UNKNOWN_COST).amount is None
    assert (UNKNOWN_COST + FREE).amount is None
    assert FREE.amount == 0


def test_a_reported_cost_of_a_sum_needs_both() -> None:
    """Two reported costs add; one missing makes the sum's missing."""
    one = Usage(reported_cost=Decimal("0.1"))
    assert (one + one).reported_cost == Decimal("0.2")
    assert (one + Usage()).reported_cost is None
    assert (Usage() + one).reported_cost is None
    assert (Usage(reported_cost=Decimal(0)) + one).reported_cost == Decimal("0.1")


def test_every_class_of_tokens_is_counted_once() -> None:
    """Input with what was cached, output with what was thought; classes are added each to its own,
    and one estimate makes the sum an estimate.
    """
    usage = Usage(1, 20, 300, 4_000, 50_000, 600_000)
    assert (usage.input, usage.output, usage.total) == (4_321, 650_000, 654_321)
    assert usage + usage == Usage(2, 40, 600, 8_000, 100_000, 1_200_000)
    assert not (usage + usage).estimated
    rough = Usage(estimated=True)
    assert (rough + usage).estimated
    assert (usage + rough).estimated


def test_free_is_known_and_unknown_is_not() -> None:
    """A cost that nobody reported was computed; the surest of two kinds never wins."""
    assert Cost(Decimal(0), "computed") == FREE
    assert Cost(None, "unknown") == UNKNOWN_COST
    bases: tuple[CostBasis, ...] = ("reported", "computed", "estimated", "unknown")
    for worse, one in enumerate(bases):
        for other in bases[: worse + 1]:
            assert (Cost(None, one) + Cost(None, other)).basis == one
            assert (Cost(None, other) + Cost(None, one)).basis == one
