"""How far an answer of a small local model goes: said where a mistake would cost more than time."""

from __future__ import annotations

from typing import Final

from edgeroute.core.answer import Answer
from edgeroute.core.model_card import Place
from edgeroute.engine.deciding.decision import Decision

KIND: Final = "trust"
_SMALL: Final = 1  # the grade
_DOMAINS: Final = {"medical": "health", "legal": "the law"}
_FOUND: Final = {
    "MEDICAL_RECORD": "health",
    "IBAN_CODE": "money",
    "BANK_ACCOUNT": "money",
    "CREDIT_CARD": "money",
    "TAX_ID": "money",
}


def how_far(decision: Decision, answer: Answer, grade: int, place: Place) -> str:
    """A sentence for whoever reads ``answer``, given by a model of ``grade`` at ``place``; empty
    where there is nothing to say, or where this model has said it in the conversation before.
    """
    if place is not Place.LOCAL or grade > _SMALL or answer.message.tool_calls:
        return ""
    if decision.request.front_door == "http" or decision.session.model == answer.model:
        return ""
    found = (_FOUND.get(one.type, "") for one in decision.privacy.verdict.findings)
    about = _DOMAINS.get(decision.signals.domain) or next(filter(None, found), "")
    if not about:
        return ""
    return (
        f"A small model wrote this, and it is about {about}. Check each fact and number in it, and"
        " ask somebody who knows before you act on it."
    )
