"""Who makes a conversation shorter: a provider that is asked in Responses, or nobody. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from edgeroute.core.errors import NothingAnswered, Rejection
from edgeroute.core.request import COMPACTING, ChatRequest

if TYPE_CHECKING:
    from edgeroute.core.plan import Plan
    from edgeroute.engine.deciding.privacy_decision import PrivacyDecision
    from edgeroute.providers.catalog.catalog import Catalog

_BASE: Final = "openai-responses"
_HINT: Final = (
    "Send `context_management` to /v1/responses, which OpenAI's models heed, or ask any model to"
    " sum up the conversation and go on from that."
)


def only_compacting(
    request: ChatRequest, plan: Plan, privacy: PrivacyDecision, catalog: Catalog
) -> Plan:
    """``plan`` as it is, or for a ``request`` to make a conversation shorter with the one model
    that can: what it makes only its provider can read, so that no other one helps out.

    Raises:
        NothingAnswered: there is none, or the conversation stays here.
    """
    if request.wire != COMPACTING:
        return plan
    why_here = privacy.reason if privacy.stays else ""
    for candidate in plan.candidates:
        card = catalog.card(candidate.model)
        provider = catalog.provider(card.provider) if card else None
        if provider is not None and _BASE in provider.wires and not why_here:
            return replace(plan, candidates=(candidate,), strategy="single", verify="")
    message = f"Nobody can be asked to make this conversation shorter. {why_here}".rstrip()
    raise NothingAnswered(message, _HINT, rejection=Rejection(400, "invalid_request"))
