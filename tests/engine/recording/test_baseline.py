"""Receipts measured against one model for everything."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from edgeroute.core.comparison import Yardsticks
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.core.usage import FREE, Cost, Usage
from edgeroute.engine.recording.baseline import Baseline
from tests.core.test_comparison import BEST, CHEAP, NOON, SINGLE
from tests.support.receipts import attempt, receipt

CARDS = {card.id: card for card in (BEST, SINGLE, CHEAP)}
SEEN = Usage(60_000, output_visible=100)


@pytest.fixture
def baseline() -> Baseline:
    """Against a dear and a middling model."""
    return Baseline(yardsticks=lambda: Yardsticks(BEST, SINGLE), card=CARDS.get)


def asked(model: str, *, minute: int = 0, place: Place = Place.CLOUD) -> Receipt:
    """A receipt of 60k tokens in one conversation."""
    cost = FREE if place is Place.LOCAL else Cost(Decimal(1), "computed")
    moment = NOON + timedelta(minutes=minute)
    one = attempt(model=model, place=place, usage=SEEN, cost=cost, started=moment)
    return receipt(one, conversation="c", created=moment)


@pytest.mark.parametrize(
    ("before", "now", "minute", "reads"),
    [
        ("c/cheap", "b/best", 1, True),
        ("b/best", "b/best", 1, False),
        ("c/cheap", "b/best", 90, False),
    ],
)
def test_only_a_change_of_models_is_held_against_routing(
    baseline: Baseline, before: str, now: str, minute: int, *, reads: bool
) -> None:
    """Who stays has the caching that was reported; a cache that is long gone is nobody's."""
    baseline.remember(asked(before))
    found = baseline.measured(asked(now, minute=minute)).compared
    assert found is not None
    price = Decimal("0.4") if reads else Decimal(4)
    assert found.premium == (price * 60_000 + 20 * 100) / 1_000_000


def test_what_was_read_here_would_have_been_cached_elsewhere(baseline: Baseline) -> None:
    """A long conversation with the local model is not measured as if each turn began anew."""
    one = asked("local/m", place=Place.LOCAL)
    cold = baseline.measured(one).compared
    baseline.remember(one)
    warm = baseline.measured(asked("local/m", minute=1, place=Place.LOCAL)).compared
    assert cold is not None
    assert warm is not None
    assert warm.premium < cold.premium / 5


def test_what_nobody_answered_is_not_measured(baseline: Baseline) -> None:
    """A failure has no comparison."""
    failed = receipt(attempt(model="b/best", outcome="failed"), created=NOON)
    assert baseline.measured(failed) == failed
