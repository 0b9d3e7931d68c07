"""Who draws."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeroute.core.model_card import Place
from edgeroute.core.signals import Signals
from edgeroute.routing.plan.eligibility import RoutingContext
from edgeroute.routing.plan.pictures import NOBODY
from edgeroute.routing.plan.plan_input import PlanInput
from edgeroute.routing.plan.planner import plan
from edgeroute.routing.policy.policy import RoutingPolicy
from tests.support.routing import LOCAL, NOW, card, cards, plan_input

DRAWS = frozenset({"image_output"})
PAINTER = card("gemini/painter", abilities=DRAWS)
OTHER = card("openai/painter", grade=3, abilities=DRAWS)
WANTED = Signals("image", input_tokens=20, output_tokens=1100, wants_picture=True)


def asked(signals: Signals = WANTED, **more: object) -> PlanInput:
    """A request under the packaged policy, with two models that draw."""
    known = cards(PAINTER, OTHER)
    return plan_input(RoutingPolicy.named("default"), signals, **{"cards": known, **more})


def test_only_models_that_draw_are_asked() -> None:
    """No candidate answers with text, not even the local model at the end."""
    chosen = plan(asked())
    assert {one.model for one in chosen.candidates} == {PAINTER.id, OTHER.id}
    assert (chosen.rule, chosen.strategy, chosen.verify) == ("picture", "single", "")


@pytest.mark.parametrize("policy", ["cheapest", "coding-assistant", "local-first", "quality-first"])
def test_any_policy_draws(policy: str) -> None:
    """A policy without a rule for pictures still sends them to a model that draws."""
    chosen = plan(replace(asked(), policy=RoutingPolicy.named(policy)))
    assert chosen.first.model in {PAINTER.id, OTHER.id}


def test_the_model_asked_for_comes_first() -> None:
    """A model that draws, named by the caller, is the first choice."""
    assert plan(asked(model=OTHER.id)).first.model == OTHER.id


def test_a_named_model_that_cannot_draw_is_not_asked() -> None:
    """Another one of the same provider draws, and it is said; no other vendor's does."""
    chosen = plan(asked(model="openai/gpt-5.5"))
    assert [one.model for one in chosen.candidates] == [OTHER.id]
    assert any("cannot draw" in note for note in chosen.notes)
    chosen = plan(asked(model="anthropic/claude-haiku-4.5"))
    assert [one.model for one in chosen.candidates] == ["anthropic/claude-haiku-4.5", LOCAL]


def test_a_named_model_that_draws_is_not_replaced() -> None:
    """While it rests nobody draws for it."""
    resting = RoutingContext(NOW, blocked={"openai": "openai rests."})
    chosen = plan(asked(model=OTHER.id, context=resting))
    assert [one.model for one in chosen.candidates] == [LOCAL]
    assert NOBODY in chosen.notes


@pytest.mark.parametrize(
    "context",
    [RoutingContext(NOW, ready=("anthropic",)), RoutingContext(NOW, blocked={"gemini": "Open.",
     "openai": "Open."})],
    ids=["no key", "blocked"],
)  # fmt: skip
def test_without_a_model_that_draws_it_is_text_with_a_note(context: RoutingContext) -> None:
    """The normal plan answers, and says why there is no picture."""
    chosen = plan(asked(context=context))
    assert NOBODY in chosen.notes
    assert not {PAINTER.id, OTHER.id} & {one.model for one in chosen.candidates}
    assert chosen.candidates[-1].place is Place.LOCAL


def test_a_model_that_draws_is_never_asked_for_text() -> None:
    """It is passed over with a reason, even where it is named or nothing else is there."""
    words = Signals("chat", input_tokens=20, output_tokens=100)
    for request in (asked(words, model=PAINTER.id), asked(words, cards=cards(PAINTER))):
        assert PAINTER.id not in {one.model for one in plan(request).candidates}


def test_private_and_internal_prompts_are_never_drawn() -> None:
    """Their plan stays on this machine."""
    for request in (
        asked(private=True, private_reason="An SSN."),
        asked(replace(WANTED, internal_code=True)),
    ):
        assert all(one.place is Place.LOCAL for one in plan(request).candidates)
