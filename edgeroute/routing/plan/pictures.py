"""Who draws a picture that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edgeroute.core.model_card import Place
from edgeroute.routing.plan.eligibility import closest, draws

if TYPE_CHECKING:
    from edgeroute.routing.plan.draft import Draft
    from edgeroute.routing.plan.plan_input import PlanInput
    from edgeroute.routing.policy.policy import Rule

ROLE: Final = "picture"
NOBODY: Final = "No model that draws can be asked, so the answer is text."


def line_up_pictures(request: PlanInput, rule: Rule, draft: Draft) -> bool:
    """Take in the models that draw: the one asked for, the rule's own, those of the role
    ``picture``, then whatever else is ready. False where there is none.

    For a model that is named and cannot draw one of the same provider draws, nobody else.
    """
    named = request.cards.get(request.model)
    if named is not None and draws(named):
        draft.offer(named.id, request.wish or f"You asked for {named.id}.", patient=True)
    elif named is not None:
        for card in closest(named.provider, named.grade, request.cards, request.context.now):
            if draws(card) and draft.offer(card.id, f"{named.id} cannot draw.", patient=True):
                draft.note(f"{named.id} cannot draw, so {card.id} is asked.")
                break
    if request.named:
        return bool(draft.candidates)
    for name in (rule.model, *rule.fallbacks, ROLE):
        for model in request.tiers.models(name, request.signals.input_tokens):
            if draws(request.cards.get(model)):
                draft.offer(model, rule.sentence if name != ROLE else "It draws.", _cause(draft))
    if not draft.candidates:
        for card in request.cards.values():
            ready = request.context.ready is None or card.provider in request.context.ready
            if draws(card) and ready and card.place is Place.CLOUD:
                draft.offer(card.id, "The model that draws which you can use.", _cause(draft))
    draft.settle_limited()
    return bool(draft.candidates)


def _cause(draft: Draft) -> str:
    return "outage" if draft.candidates else "first"
