"""Whether a model can take a request, and what the call would cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.reasons import no_key
from edgeroute.core.signals import Signals
from edgeroute.core.usage import Usage
from edgeroute.routing.signals.tokens import upper_bound

DRAWS: Final = "image_output"
_MOST_SUCCESSORS: Final = 8


@dataclass(frozen=True, slots=True)
class RoutingContext:
    """What holds for every model at this moment.

    ``ready`` are the providers that have a key or need none; ``None`` means that nobody looked.
    ``blocked`` and ``limited`` map a provider or a model to a sentence: its circuit breaker is
    open, or it is close to a rate limit. ``budget_left`` is USD; ``None`` is no limit.
    ``local_absent`` is the sentence that says why no local model can answer yet.
    ``now`` carries the user's time zone.
    """

    now: datetime
    ready: Collection[str] | None = None
    blocked: Mapping[str, str] = field(default_factory=dict)
    limited: Mapping[str, str] = field(default_factory=dict)
    budget_left: Decimal | None = None
    local_absent: str = ""


def draws(card: ModelCard | None) -> bool:
    """Whether the model of ``card`` answers with pictures."""
    return card is not None and DRAWS in card.abilities


def why_not(
    card: ModelCard, signals: Signals, context: RoutingContext, *, needs_schema: bool = False
) -> str:
    """The sentence that says why ``card`` cannot take the request; empty if it can."""
    reason = _lacks(card, signals, needs_schema=needs_schema)
    if reason or card.place is Place.LOCAL:
        return reason or context.local_absent
    if context.ready is not None and card.provider not in context.ready:
        return no_key(card.provider)
    for name in (card.id, card.provider):
        if name in context.blocked:
            return context.blocked[name]
    if context.budget_left is not None:
        if context.budget_left <= 0:
            return "Today's budget is used up."
        cost = call_cost(card, signals, context.now)
        if cost is not None and cost > context.budget_left:
            return (
                f"The call would cost about ${cost:.2f} and ${context.budget_left:.2f} of today's"
                " budget is left."
            )
    return ""


def _lacks(card: ModelCard, signals: Signals, *, needs_schema: bool) -> str:
    room = upper_bound(signals.input_tokens, card.token_factor) + min(
        signals.output_tokens, card.max_output_tokens
    )
    if room > card.context_tokens:
        return f"About {room:,} tokens do not fit its window of {card.context_tokens:,}."
    if draws(card) is not signals.wants_picture:
        return "It cannot draw." if signals.wants_picture else "It answers with pictures only."
    needs = (
        (signals.has_images, "images", "It cannot read images."),
        (signals.has_tools, "tools", "It cannot call tools."),
        (needs_schema, "json_schema", "It cannot keep to a JSON schema."),
    )
    return next((why for need, word, why in needs if need and word not in card.abilities), "")


def near_limit(card: ModelCard, context: RoutingContext) -> str:
    """The sentence that says that ``card`` is close to a rate limit, or nothing."""
    return context.limited.get(card.id) or context.limited.get(card.provider, "")


def call_cost(
    card: ModelCard, signals: Signals, now: datetime, cached_tokens: int = 0
) -> Decimal | None:
    """The estimated cost of one call in USD, ``None`` where the price is unknown."""
    if card.place is Place.LOCAL:
        return Decimal(0)
    tokens = round(signals.input_tokens * card.token_factor)
    rate = card.prices.rate(now, tokens)
    if rate is None:
        return None
    cached = min(tokens, cached_tokens)
    return rate.cost(
        Usage(
            input_uncached=tokens - cached,
            cache_read=cached,
            output_visible=round(signals.output_tokens * card.token_factor),
        )
    )


def costs(
    cards: Mapping[str, ModelCard],
    signals: Signals,
    context: RoutingContext,
    models: Collection[str],
) -> dict[str, Decimal | None]:
    """What the call would cost on those of the ``models`` that can take the request."""
    return {
        name: call_cost(card, signals, context.now)
        for name, card in cards.items()
        if name in models and not why_not(card, signals, context)
    }


def current(
    name: str, cards: Mapping[str, ModelCard], now: datetime
) -> tuple[ModelCard | None, str]:
    """The card for ``name``, or for its successor where it has been shut down; and a note."""
    card = cards.get(name)
    today = now.date()
    for _ in range(_MOST_SUCCESSORS):
        if card is None or not card.retired(today):
            break
        card = cards.get(card.successor)
    else:
        card = None
    old = cards.get(name)
    if old is None or card is old:
        return card, ""
    when = f"{old.shutdown:%d %B %Y}" if old.shutdown else ""
    if card is None:
        return None, f"{name} was shut down on {when} and has no successor."
    return card, f"{name} was shut down on {when}; {card.id} takes its place."


def through(
    provider: str, card: ModelCard, cards: Mapping[str, ModelCard], same_as: Mapping[str, str]
) -> ModelCard | None:
    """The same model as ``card`` served by ``provider``, if the catalog has it.

    ``same_as`` maps a model to the one whose weights it serves; a model of the user's own provider
    may just carry the same name.
    """
    original = same_as.get(card.id, card.id)
    name = original.rsplit("/", 1)[-1]
    served = [other for other in cards.values() if other.provider == provider]
    by_weights = (other for other in served if same_as.get(other.id, other.id) == original)
    by_name = (other for other in served if other.id.rsplit("/", 1)[-1] == name)
    return next(by_weights, None) or next(by_name, None)


def closest(
    provider: str, grade: int, cards: Mapping[str, ModelCard], now: datetime
) -> list[ModelCard]:
    """All living models of ``provider``, those of the same ``grade`` first."""
    sold = [c for c in cards.values() if c.provider == provider and not c.retired(now.date())]
    return sorted(sold, key=lambda card: (abs(card.grade - grade), -card.grade))
