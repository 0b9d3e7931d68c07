"""A conversation is made shorter by a provider that speaks Responses, or by nobody."""

from __future__ import annotations

from typing import Any, cast

import pytest

from edgeroute.core.errors import NothingAnswered
from edgeroute.core.messages import user
from edgeroute.core.model_card import Place
from edgeroute.core.plan import Candidate, Plan
from edgeroute.core.request import COMPACTING, ChatRequest
from edgeroute.core.verdict import CLEAR, PrivacyMode, Verdict
from edgeroute.engine.deciding.compacting import only_compacting
from edgeroute.engine.deciding.privacy_decision import PrivacyDecision

ASKED = ChatRequest((user("one"),), wire=COMPACTING)
CLEARED = PrivacyDecision(PrivacyMode.AUTO, CLEAR)


def plan(*models: str) -> Plan:
    """A cascade of ``models``, the last of them here."""
    places = [*[Place.CLOUD] * (len(models) - 1), Place.LOCAL]
    return Plan("r", "", tuple(Candidate(m, p, "") for m, p in zip(models, places, strict=True)),
                strategy="cascade")  # fmt: skip


class Catalogue:
    """Two providers, one of which speaks Responses."""

    def card(self, model: str) -> Any:
        """The card of ``model``."""
        return type("Card", (), {"provider": model.partition("/")[0]})

    def provider(self, name: str) -> Any:
        """The provider called ``name``."""
        wires = {"chat": {"openai-chat": ""}, "far": {"openai-responses": "", "openai-chat": ""}}
        return type("Provider", (), {"wires": wires[name]}) if name in wires else None


CATALOGUE = cast("Any", Catalogue())


def test_the_first_that_can_is_asked_alone() -> None:
    """What it makes only it can read."""
    chosen = only_compacting(ASKED, plan("chat/a", "far/b", "local/c"), CLEARED, CATALOGUE)
    assert [one.model for one in chosen.candidates] == ["far/b"]
    assert chosen.strategy == "single"
    other = plan("chat/a", "local/c")
    assert only_compacting(ChatRequest((user("one"),)), other, CLEARED, CATALOGUE) is other


@pytest.mark.parametrize(
    "privacy",
    [
        PrivacyDecision(PrivacyMode.PRIVATE, CLEAR),
        PrivacyDecision(PrivacyMode.AUTO, Verdict(private=True, reason="It names a person.")),
        PrivacyDecision(PrivacyMode.AUTO, CLEAR, latched=True, latch_reason="a name"),
    ],
)
def test_what_stays_is_not_made_shorter(privacy: PrivacyDecision) -> None:
    """It is said why, and what to do instead."""
    with pytest.raises(NothingAnswered) as caught:
        only_compacting(ASKED, plan("far/b", "local/c"), privacy, CATALOGUE)
    assert caught.value.rejection.status == 400
    assert privacy.reason in str(caught.value)
    with pytest.raises(NothingAnswered, match="Nobody can be asked"):
        only_compacting(ASKED, plan("chat/a", "local/c"), CLEARED, CATALOGUE)
