"""What a request cost beside what it would have cost with one model for everything. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from edgeroute.core.model_card import ModelCard
from edgeroute.core.usage import Cost, Usage


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """The models that costs are measured against, where there are any.

    ``premium`` is the best current model; ``single`` is the cheapest one of its grade: what a
    person would take who wants no router.
    """

    premium: ModelCard | None = None
    single: ModelCard | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one request cost, and would have cost, in USD; only where both are known.

    ``cost`` is that of all attempts, ``premium`` and ``single`` what the yardsticks would have
    cost token for token with the same caching.
    """

    cost: Decimal
    premium: Decimal
    premium_model: str
    single: Decimal | None = None
    single_model: str = ""

    @property
    def saved_by_routing(self) -> Decimal:
        """What the choice of models saved against the premium one; below 0 it is a loss."""
        return self.premium - self.cost


@dataclass(frozen=True, slots=True)
class PricedAnswer:
    """The attempt that answered: its model, what it used and what that cost, and when.

    ``kept`` is how many tokens of the prompt the model before it had seen, which has been left:
    whoever stays with one model reads them from its cache.
    """

    model: str
    usage: Usage
    cost: Cost
    moment: datetime
    kept: int = 0


def compare(answer: PricedAnswer, total: Cost, against: Yardsticks) -> Comparison | None:
    """``answer``, whose request cost ``total`` with all attempts, beside the yardsticks.

    None where nothing was used, a cost is not known, or there is no premium model.
    """
    if against.premium is None or total.amount is None or total.basis == "unknown":
        return None
    premium = _cost_with(answer, against.premium)
    if premium is None:
        return None
    single = _cost_with(answer, against.single) if against.single else None
    name = against.single.id if against.single and single is not None else ""
    return Comparison(total.amount, premium, against.premium.id, single, name)


def total(parts: Iterable[Comparison | None]) -> Comparison | None:
    """All that is known of ``parts`` together; None where nothing is."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    singles = [part.single for part in known if part.single is not None]
    return Comparison(
        sum((part.cost for part in known), Decimal(0)),
        sum((part.premium for part in known), Decimal(0)),
        ", ".join(sorted({part.premium_model for part in known})),
        sum(singles, Decimal(0)) if len(singles) == len(known) else None,
        ", ".join(sorted({part.single_model for part in known} - {""})),
    )


def _cost_with(answer: PricedAnswer, card: ModelCard) -> Decimal | None:
    """What the answer would have cost with ``card``: what it did cost, where that gave it."""
    if card.id == answer.model:
        return answer.cost.amount
    if not answer.usage.total:
        return None
    kept = answer.kept if answer.kept >= card.cache_minimum_tokens else 0
    usage = replace(_read_again(answer.usage, kept), reported_cost=None)
    return card.prices.cost(usage, answer.moment).amount


def _read_again(usage: Usage, kept: int) -> Usage:
    """``usage`` with at least ``kept`` of its input read from a cache."""
    missing = max(0, min(kept, usage.input) - usage.cache_read)
    counts = {}
    for name in ("input_uncached", "cache_write_short", "cache_write_long"):
        taken = min(missing, getattr(usage, name))
        counts[name] = getattr(usage, name) - taken
        missing -= taken
    read = usage.input - sum(counts.values())
    return replace(usage, cache_read=read, **counts)


def saved_by_cache(usage: Usage, card: ModelCard, moment: datetime) -> Decimal | None:
    """What ``card``'s prompt cache saved on ``usage``; below 0 where writing cost more than reading
    saved, None where no cache took part or there is no price.
    """
    rate = card.prices.rate(moment, usage.input)
    if rate is None or not usage.input - usage.input_uncached:
        return None
    plain = Usage(input_uncached=usage.input, output_visible=usage.output)
    return rate.cost(plain) - rate.cost(usage)
