"""The models of a cascade or an ensemble, and whether running one pays."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from edgeroute.core.model_card import ModelCard
from edgeroute.routing.plan.eligibility import call_cost

if TYPE_CHECKING:
    from edgeroute.routing.plan.draft import Draft
    from edgeroute.routing.plan.plan_input import PlanInput

_VERDICT_TOKENS: Final = 50  # a judge says little; one that merges answers says more


def line_up(draft: Draft, request: PlanInput, model: str, strategy: str) -> bool:
    """Take in the models of ``strategy``, all with the cause ``first``: the rungs of a cascade from
    cheap to strong, or the voters of an ensemble, the rule's own model last.

    False, with a note that says why, where the strategy is not run.
    """
    policy = request.policy
    names = policy.cascade.ladder if strategy == "cascade" else policy.ensemble.models
    chosen = _models(draft, request, (*names, model))
    if len(chosen) < 2:
        draft.note(f"Only one model could take part, so there is no {strategy}.")
        return False
    if strategy == "cascade":
        judge = policy.cascade.judge if "model" in policy.cascade.judges else ""
        why_not = _too_dear(chosen, request, _judging(draft, request, judge, answers=1))
        if why_not:
            draft.note(why_not)
            return False
        for rung in chosen[:-1]:
            draft.offer(rung.id, "Cheap first: its answer stands if it holds up.")
        draft.offer(chosen[-1].id, "Answers where the cheap ones do not hold up.")
        return True
    judge = policy.ensemble.judge if policy.ensemble.combine != "majority" else ""
    judging = _judging(draft, request, judge, answers=len(chosen))
    within, left_out = _within(chosen, request, judging)
    for card in left_out:
        draft.skip(card.id, f"The ensemble's ceiling is ${policy.ensemble.ceiling_usd:.2f}.")
    if len(within) < 2:
        draft.note("The ensemble's ceiling leaves one model, so there is no ensemble.")
        return False
    for card in within:
        draft.offer(card.id, "Answers side by side with the others.")
    return True


def _models(draft: Draft, request: PlanInput, names: tuple[str, ...]) -> list[ModelCard]:
    """The first usable model of each name, each model once, the last name's at the end."""
    found: dict[str, ModelCard] = {}
    for name in names:
        options = request.tiers.models(name, request.signals.input_tokens)
        last = name is names[-1]
        fresh = [option for option in options if last or option not in found]
        card = draft.usable(request.local if o == "local" else o for o in fresh)
        if card is not None:
            found.pop(card.id, None)
            found[card.id] = card
    return list(found.values())


def _judging(draft: Draft, request: PlanInput, name: str, *, answers: int) -> Decimal | None:
    """What it costs that the judge ``name`` reads so many answers; None where that is unknown."""
    names = request.tiers.models(name, request.signals.input_tokens) if name else ()
    judge = draft.usable(request.local if one == "local" else one for one in names)
    if judge is None:
        return Decimal(0)
    signals = request.signals
    reads = signals.input_tokens + answers * signals.output_tokens
    asked = replace(signals, input_tokens=reads, output_tokens=_VERDICT_TOKENS)
    return call_cost(judge, asked, request.context.now)


def _too_dear(rungs: list[ModelCard], request: PlanInput, judging: Decimal | None) -> str:
    """Why the cascade would not be cheaper than its last rung alone; empty if it would.

    ``judging`` is what the judge of one answer costs.
    """
    costs = [call_cost(card, request.signals, request.context.now) for card in rungs]
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs) or judging is None:
        return "The price of a rung or of the judge is not known, so there is no cascade."
    share = Decimal(str(request.policy.cascade.expected_escalation))
    cheap = len(rungs) - 1
    expected = sum(known[:-1], Decimal(0)) + cheap * judging + share * known[-1]
    if expected < known[-1]:
        return ""
    return (
        f"A cascade would cost about ${expected:.4f} and {rungs[-1].id} alone ${known[-1]:.4f},"
        " so there is no cascade."
    )


def _within(
    voters: list[ModelCard], request: PlanInput, judging: Decimal | None
) -> tuple[list[ModelCard], list[ModelCard]]:
    """The voters that the cost ceiling allows, the rule's own first in line, and the others.

    What the judge costs is taken off the ceiling; where that is unknown, nothing is left.
    """
    ceiling = Decimal(str(request.policy.ensemble.ceiling_usd))
    left = ceiling - judging if judging is not None else Decimal(-1)
    allowed: set[str] = set()
    for card in reversed(voters):
        cost = call_cost(card, request.signals, request.context.now)
        if cost is not None and cost <= left:
            left -= cost
            allowed.add(card.id)
    return (
        [card for card in voters if card.id in allowed],
        [card for card in voters if card.id not in allowed],
    )
