"""The reasons of a decision, told of the request at hand and true of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Plan, Skipped
from edgeroute.core.reasons import MANAGED, Reasons, no_key, understood
from edgeroute.core.words import money

if TYPE_CHECKING:
    from edgeroute.engine.deciding.privacy_decision import PrivacyDecision
    from edgeroute.routing.plan.plan_input import PlanInput
    from edgeroute.routing.policy.policy import Rule

_NAMED: Final = 4
_SIZES: Final = ((4_000, "short"), (32_000, "of middle length"), (200_000, "long"))


def reasons(
    asked: PlanInput, plan: Plan, privacy: PrivacyDecision, premium: ModelCard | None
) -> Reasons:
    """Why ``plan`` was made for ``asked``; ``premium`` is what costs are measured against."""
    return Reasons(
        privacy.reason if privacy.stays else _because(asked, plan),
        understood(asked.signals),
        _cost(asked, plan, None if privacy.stays else premium),
        tuple(_others(plan.skipped)),
    )


def _because(asked: PlanInput, plan: Plan) -> str:
    """Why the first model stands first.

    The sentence of a rule is told where the rule's own wish came true: a check or a cascade that
    there is not must not be promised.
    """
    first, rule = plan.first, asked.policy.rule(plan.rule)
    if rule is None or first.reason != rule.sentence:
        return first.reason
    if rule.condition is None and rule.model in asked.tiers.ladders:
        return _by_size(asked, rule)
    kept = rule.strategy == plan.strategy and bool(plan.verify) >= bool(rule.verify)
    if kept and rule.why:
        return rule.why
    return f"The rule {rule.id} of the policy {asked.policy.name} names it for this."


def _by_size(asked: PlanInput, rule: Rule) -> str:
    """What a rule that goes by the size says of this size."""
    tokens, steps = asked.signals.input_tokens, asked.tiers.ladders[rule.model]
    role = next(role for below, role in steps if below is None or tokens < below)
    size = next((word for below, word in _SIZES if tokens < below), "very long")
    return (
        f"No rule is made for it, and it is {size} (about {tokens:,} tokens), so a model of the"
        f" kind `{role}` is asked."
    )


def _cost(asked: PlanInput, plan: Plan, premium: ModelCard | None) -> str:
    """What the answer may cost, and what it would with the ``premium`` model."""
    from edgeroute.routing.plan.eligibility import call_cost  # noqa: PLC0415

    signals, now = asked.signals, asked.context.now
    taking_part = [asked.cards.get(one.model) for one in plan.taking_part]
    costs = [
        Decimal(0)
        if one.place is Place.LOCAL
        else (call_cost(card, signals, now) if card else None)
        for one, card in zip(plan.taking_part, taking_part, strict=True)
    ]
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        text = money(None)
    elif not any(known):
        text = "free, on this machine"
    else:
        text = f"about {money(sum(known, Decimal(0)))}"
        if plan.strategy == "cascade":
            text = f"about {money(known[0])}, at most {money(sum(known, Decimal(0)))}"
    would = call_cost(premium, signals, now) if premium is not None else None
    if premium is None or not would or premium in taking_part:
        return text
    return f"{text}; with {premium.id} about {money(would)}"


def _others(skipped: Sequence[Skipped]) -> Iterator[str]:
    """A line for each reason that kept models out, the missing keys and what stays here in one."""
    keyless: dict[str, None] = {}
    by_reason: dict[str, list[str]] = {}
    for one in skipped:
        provider = one.model.partition("/")[0]
        if one.reason == no_key(provider):
            keyless[provider] = None
        else:
            by_reason.setdefault(one.reason, []).append(one.model)
    if by_reason.pop(MANAGED, None):
        yield "No managed model is asked: this prompt stays on this machine."
    for reason, models in by_reason.items():
        yield f"Not {_some(models)}: {reason}"
    if keyless:
        yield f"No key for {_some(list(keyless))}."


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
