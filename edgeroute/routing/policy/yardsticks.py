"""Which models savings are measured against: the premium tier's, as it is today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from edgeroute.core.comparison import Yardsticks
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.usage import Usage
from edgeroute.routing.policy.tiers import Tiers

# A call as agents and conversations make most of them, to tell which model is cheaper.
_TYPICAL: Final = Usage(input_uncached=2_000, cache_read=30_000, output_visible=700)


def yardsticks(tiers: Tiers, cards: Mapping[str, ModelCard], now: datetime) -> Yardsticks:
    """The best current model, which is the first of the premium tier's role that is neither shut
    down nor superseded, and the cheapest one of that role and its grade.
    """
    names = tiers.models(tiers.tier("premium").role, 0)
    found = [cards[name] for name in names if name in cards]
    living = [card for card in found if is_current(card, cards, now)]
    if not living:
        return Yardsticks()
    premium = living[0]
    equal = [card for card in living if card.grade == premium.grade]
    costs = {card.id: card.prices.cost(_TYPICAL, now).amount for card in equal}
    priced = [card for card in equal if costs[card.id] is not None]
    single = min(priced, key=lambda card: costs[card.id] or Decimal(0), default=None)
    return Yardsticks(premium, single)


def is_current(card: ModelCard, cards: Mapping[str, ModelCard], now: datetime) -> bool:
    """Whether ``card`` is a managed model that is neither shut down nor superseded."""
    superseded = card.successor in cards
    return card.place is Place.CLOUD and not card.retired(now.date()) and not superseded
