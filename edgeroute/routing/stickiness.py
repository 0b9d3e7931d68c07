"""Whether a conversation stays with the model that holds its prompt cache."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from edgeroute.core.cards import ModelCard
from edgeroute.core.signals import Signals
from edgeroute.routing.fitness import call_cost


@dataclass(frozen=True, slots=True)
class Holding:
    """The model that answered the last turn, and how many input tokens it keeps in its cache."""

    model: str
    cached_tokens: int
    task: str = ""


def reason_to_stay(
    holding: Holding,
    held: ModelCard,
    chosen: ModelCard,
    *,
    signals: Signals,
    now: datetime,
    worth_usd: float,
) -> str:
    """The sentence that says why the conversation stays with ``held``; empty: it moves on.

    It stays where ``held`` is at least as good as ``chosen`` and moving would not save more than
    ``worth_usd`` on this call. A task that asks for a better model always moves on.
    """
    if held.id == chosen.id or held.grade < chosen.grade:
        return ""
    staying = call_cost(held, signals, now, holding.cached_tokens)
    moving = call_cost(chosen, signals, now)
    if staying is None or moving is None or staying > moving + Decimal(str(worth_usd)):
        return ""
    changed = bool(signals.task and holding.task and signals.task != holding.task)
    start = "The task has changed, but t" if changed else "T"
    return (
        f"{start}his conversation's prompt is in its cache: about ${staying:.4f} here,"
        f" ${moving:.4f} with {chosen.id}."
    )
