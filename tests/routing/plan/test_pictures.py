"""Who is asked for a picture, and who never is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeroute.core.messages import user
from edgeroute.core.model_card import Place
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import Signals
from edgeroute.routing.plan.eligibility import RoutingContext
from edgeroute.routing.plan.pictures import NOBODY, asks_for_picture
from edgeroute.routing.plan.plan_input import PlanInput
from edgeroute.routing.plan.planner import plan
from edgeroute.routing.policy.policy import RoutingPolicy
from edgeroute.routing.signals.signals import read_signals
from tests.support.routing import NOW, card, cards, plan_input

DRAWS = frozenset({"image_output"})
PAINTER = card("gemini/painter", abilities=DRAWS)
OTHER = card("openai/painter", grade=3, abilities=DRAWS)
WANTED = Signals("image", input_tokens=20, output_tokens=1100, wants_picture=True)


@pytest.mark.parametrize(
    "text",
    [
        "Draw a cat in a spacesuit.",
        "please draw me an old lighthouse",
        "Generate a photorealistic image of a red fox in snow",
        "Can you create a simple logo for my bakery?",
        "I need a picture of a sunset over hills.",
        "Draw a picture of the solar system.",
        "Generate an image of medieval architecture.",
        "Zeichne mir einen Drachen",
        "Paint a watercolour of Venice",
        "A vintage travel poster of the Dolomites",
        "photo of a cluttered desk from above, morning light",
    ],
)
def test_plain_words_ask_for_a_picture(text: str) -> None:
    """A verb of drawing, or of making with a noun for a picture, is plain enough."""
    assert asks_for_picture(text)


@pytest.mark.parametrize(
    "text",
    [
        "Draw a diagram of the login flow in mermaid.",
        "Create a Docker image for this service.",
        "Write a Python function that draws a circle.",
        "Make an SVG logo.",
        "Draw a conclusion from these numbers.",
        "What is in this picture?",
        "Design a picture sharing system like the big ones.",
        "Generate a caption for a photo of my dog.",
        "Explain how a hash table works.",
        "Create a table of drawing tools.",
        "Draw up a contract for the flat.",
        "Sketch a data pipeline for 2 TB of clicks a day.",
        "I need an approach for storing 500 million photos.",
        "The portrait of Dorian Gray: who wrote it?",
    ],
)
def test_words_about_pictures_do_not(text: str) -> None:
    """Code, text about pictures and figures of speech are answered in words."""
    assert not asks_for_picture(text)


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (ChatRequest((user("Draw a cat."),)), True),
        (ChatRequest((user("A cat."),), task="image"), True),
        (ChatRequest((user("Draw a cat."),), pictures="no"), False),
        (ChatRequest((user("A cat."),), task="image", pictures="no"), False),
        (ChatRequest((user("Draw a cat."),), model="acme/writer"), False),
        (ChatRequest((user("Draw a cat."),), model="local", task="image"), False),
        (ChatRequest((user("A neon watercolor sunset, vibrant, 8k"),)), False),
    ],
)
def test_when_a_picture_is_wanted(request_: ChatRequest, *, wanted: bool) -> None:
    """The caller's word or plain words count, from callers that can take a picture; a weak guess,
    a named model and the local model do not.
    """
    signals = read_signals(request_, internal_code=False)
    assert signals.wants_picture is wanted


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
    """It is said that another one draws."""
    chosen = plan(asked(model="openai/gpt-5.5"))
    assert chosen.first.model in {PAINTER.id, OTHER.id}
    assert any("cannot draw" in note for note in chosen.notes)


@pytest.mark.parametrize(
    "around",
    [RoutingContext(NOW, ready=("anthropic",)), RoutingContext(NOW, blocked={"gemini": "Open.",
     "openai": "Open."})],
    ids=["no key", "blocked"],
)  # fmt: skip
def test_without_a_model_that_draws_it_is_text_with_a_note(around: RoutingContext) -> None:
    """The normal plan answers, and says why there is no picture."""
    chosen = plan(asked(around=around))
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
