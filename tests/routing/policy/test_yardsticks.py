"""Which models savings are measured against."""

from __future__ import annotations

from datetime import UTC, date, datetime

from edgeroute.core.model_card import ModelCard
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.routing.policy.tiers import Role, TierRule, Tiers
from edgeroute.routing.policy.yardsticks import yardsticks

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_the_shipped_yardsticks_are_current() -> None:
    """The premium model is of the best grade and not superseded; the single one is no dearer."""
    found = yardsticks(Tiers.load(), Catalog.load().cards, NOW)
    assert found.premium is not None
    assert found.single is not None
    assert found.premium.grade == found.single.grade == 3
    assert not found.premium.successor
    assert found.single.id != found.premium.id


def test_what_is_superseded_or_shut_down_measures_nothing() -> None:
    """The next of the role stands in; without a role there is no yardstick."""
    cards = {
        name: ModelCard(name, "a", name, successor=after, shutdown=end, grade=3)
        for name, after, end in (
            ("a/old", "a/new", None),
            ("a/gone", "", date(2026, 1, 1)),
            ("a/new", "", None),
        )
    }
    tiers = Tiers({"large": Role(tuple(cards))}, tiers={"premium": TierRule("best", "", "large")})
    found = yardsticks(tiers, cards, NOW)
    assert found.premium is cards["a/new"]
    assert found.single is None
    assert yardsticks(Tiers(), cards, NOW).premium is None
