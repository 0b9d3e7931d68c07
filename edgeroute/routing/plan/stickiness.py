"""Whether a conversation stays with the model that holds its prompt cache."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from edgeroute.core.model_card import ModelCard
from edgeroute.core.signals import Signals
from edgeroute.routing.plan.eligibility import call_cost


@dataclass(frozen=True, slots=True)
class Holding:
    """The model that answered the last turn, and how many input tokens it keeps in its cache.

    ``cached_tokens`` is what its provider said it read from or wrote to the cache, and
    ``prompt_tokens`` the whole input, which a provider that caches by itself keeps without saying
    so. ``since`` is when the turn ended; ``turn`` is the number of the user's turn, and ``rule``
    the one that decided.
    """

    model: str
    cached_tokens: int
    task: str = ""
    prompt_tokens: int = 0
    since: datetime | None = None
    turn: int = 0
    rule: str = ""

    def works_on(self, signals: Signals) -> bool:
        """Whether ``signals`` are those of a further step of the turn that it answered."""
        return signals.steps > 0 and self.turn == signals.turns

    def kept(self, card: ModelCard) -> int:
        """How many input tokens ``card``, which is this model's, probably keeps."""
        by_itself = card.wire != "anthropic-messages" and "cache_marks" not in card.abilities
        if self.cached_tokens or not by_itself or self.prompt_tokens < card.cache_minimum_tokens:
            return self.cached_tokens
        return self.prompt_tokens


def price_of_moving(
    holding: Holding, held: ModelCard, chosen: ModelCard, *, signals: Signals, now: datetime
) -> str:
    """The sentence that says what a change of models costs on this call, for its cold cache."""
    staying = call_cost(held, signals, now, holding.kept(held))
    moving = call_cost(chosen, signals, now)
    if staying is None or moving is None:
        return f"This turn moves from {held.id} to {chosen.id}."
    return (
        f"This turn moves from {held.id} to {chosen.id}, whose cache is cold: about ${moving:.4f}"
        f" instead of ${staying:.4f} for this step."
    )


def reason_to_stay(
    holding: Holding,
    held: ModelCard,
    chosen: ModelCard,
    *,
    signals: Signals,
    now: datetime,
    worth_usd: float,
    lasts: timedelta = timedelta(hours=1),
) -> str:
    """The sentence that says why the conversation stays with ``held``; empty: it moves on.

    It stays where ``held`` is at least as good as ``chosen`` and moving would not save more than
    ``worth_usd`` on this call. A task that asks for a better model always moves on, and a cache
    that is older than it ``lasts`` holds nobody.
    """
    gone = holding.since is not None and now - holding.since >= lasts
    kept = 0 if gone else holding.kept(held)
    if held.id == chosen.id or held.grade < chosen.grade or not (kept or worth_usd):
        return ""
    staying = call_cost(held, signals, now, kept)
    moving = call_cost(chosen, signals, now)
    if staying is None or moving is None or staying > moving + Decimal(str(worth_usd)):
        return ""
    changed = bool(signals.task and holding.task and signals.task != holding.task)
    start = "The task has changed, but t" if changed else "T"
    where = "is in its cache" if kept else "began with it"
    return (
        f"{start}his conversation's prompt {where}: about ${staying:.4f} here,"
        f" ${moving:.4f} with {chosen.id}."
    )
