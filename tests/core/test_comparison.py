"""What a request cost beside one model for everything."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.comparison import PricedAnswer, Yardsticks, compare, saved_by_cache, total
from edgeroute.core.model_card import ModelCard, PriceList, PriceRow, Rate
from edgeroute.core.usage import UNKNOWN_COST, Cost, Usage
from edgeroute.core.words import comparison_words

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
COUNTS = st.integers(0, 10**6)
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)


def card(name: str, price: str, read: str = "0.1", write: str = "1.25") -> ModelCard:
    """A model whose output costs five times its input; cache prices are shares of it."""
    paid = Decimal(price)
    rate = Rate(paid, 5 * paid, paid * Decimal(read), paid * Decimal(write), 2 * paid)
    return ModelCard(name, name.partition("/")[0], name, prices=PriceList([PriceRow(rate)]))


BEST, SINGLE, CHEAP = card("a/best", "4"), card("b/best", "2"), card("c/cheap", "0.1")
BOTH = Yardsticks(BEST, SINGLE)


def answer(model: ModelCard, usage: Usage, kept: int = 0) -> PricedAnswer:
    """An answer of ``model`` at its own price."""
    return PricedAnswer(model.id, usage, model.prices.cost(usage, NOON), NOON, kept)


@given(USAGES)
def test_calls_of_the_premium_model_save_nothing_by_routing(usage: Usage) -> None:
    """Whatever was cached, written or read: the premium model is its own yardstick."""
    one = answer(BEST, usage)
    found = compare(one, one.cost, BOTH)
    assert found is not None
    assert found.saved_by_routing == 0


@given(USAGES)
def test_caching_is_no_saving_of_routing(usage: Usage) -> None:
    """The yardstick is priced with the same caching: at a fortieth of the price a fortieth."""
    one = answer(CHEAP, usage)
    found = compare(one, one.cost, BOTH)
    if usage.total:
        assert found is not None
        assert found.premium == 40 * found.cost


def test_what_else_was_tried_counts_against_routing() -> None:
    """Judges, failed rungs and dear detours can make it a loss, and it is told as one."""
    one = answer(BEST, Usage(1_000, output_visible=100))
    found = compare(one, one.cost + Cost(Decimal(1), "computed"), BOTH)
    assert found is not None
    assert found.saved_by_routing == -1
    assert comparison_words(found).startswith("Routing lost $1.00")


def test_a_cold_cache_after_a_change_of_models_is_a_cost_of_routing() -> None:
    """One model for everything would have read what the model before had seen."""
    usage = Usage(0, 0, 50_000, output_visible=0)
    stayed = compare(answer(CHEAP, usage), Cost(Decimal(0), "computed"), BOTH)
    left = compare(answer(CHEAP, usage, 40_000), Cost(Decimal(0), "computed"), BOTH)
    assert stayed is not None
    assert left is not None
    assert stayed.premium == Decimal("0.25")
    assert left.premium == Decimal("0.05") + Decimal("0.016")


def test_what_is_not_known_is_not_compared() -> None:
    """No cost, no use or no premium model: no comparison, and never 0."""
    one = answer(CHEAP, Usage(10))
    assert compare(one, UNKNOWN_COST, BOTH) is None
    assert compare(one, Cost(Decimal(1), "unknown"), BOTH) is None
    assert compare(answer(CHEAP, Usage()), one.cost, BOTH) is None
    assert compare(one, one.cost, Yardsticks()) is None
    assert total([None, None]) is None


def test_sums_name_what_they_were_measured_against() -> None:
    """Two premium models over time are both named; the single one only where it is known of all."""
    one = compare(answer(CHEAP, Usage(1_000_000)), Cost(Decimal(0), "computed"), BOTH)
    other = compare(
        answer(CHEAP, Usage(1_000_000)), Cost(Decimal(0), "computed"), Yardsticks(SINGLE)
    )
    found = total([one, None, other])
    assert found is not None
    assert (found.premium, found.premium_model, found.single) == (
        Decimal(6),
        "a/best, b/best",
        None,
    )
    words = comparison_words(total([one]) or found)
    assert "instead of $4.00 with a/best" in words
    assert words.endswith("b/best alone would have cost $2.00.")


def test_what_a_cache_saved_may_be_a_loss() -> None:
    """Reading is cheaper than input, writing dearer; without either nothing was saved."""
    million = 1_000_000
    assert saved_by_cache(Usage(0, million), BEST, NOON) == Decimal("3.6")
    assert saved_by_cache(Usage(0, 0, million), BEST, NOON) == Decimal(-1)
    assert saved_by_cache(Usage(million), BEST, NOON) is None
    assert saved_by_cache(Usage(0, million), ModelCard("x/y", "x", "y"), NOON) is None
