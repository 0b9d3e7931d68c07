"""Requests as bytes: addresses, headers, stability between turns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from edgeroute.core.errors import ProviderError, SettingsError
from edgeroute.core.messages import Message, Text, ToolCall, assistant, system, user
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.providers.calling.call import plan_cache, prepare, session_id, untold
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.wire.format import CachePlan
from edgeroute.wire.formats import FORMATS

TOOLS = (Tool("look", "Look something up.", {"type": "object", "properties": {}}),)


def chat_models(catalog: Catalog) -> list[str]:
    """Every model that answers prompts, at providers whose address is whole."""
    return [
        card.id
        for card in catalog.cards.values()
        if card.wire in FORMATS and catalog.providers[card.provider].ready
    ]


def body(catalog: Catalog, model: str, request: ChatRequest, **options: Any) -> dict[str, Any]:
    """The body of ``request`` for ``model``."""
    card = catalog.card(model)
    assert card is not None
    outgoing = prepare(request, card, catalog.providers[card.provider], **options)
    found: dict[str, Any] = json.loads(outgoing.body)
    return found


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("openai/gpt-5.5", "https://api.openai.com/v1/chat/completions"),
        ("openai/gpt-5.5-pro", "https://api.openai.com/v1/responses"),
        ("anthropic/claude-opus-5.5", "https://api.anthropic.com/v1/messages"),
        ("deepseek/v4-flash", "https://api.deepseek.com/chat/completions"),
        ("minimax/m2.7", "https://api.minimax.io/anthropic/v1/messages"),
        ("xai/grok-4.7", "https://api.x.ai/v1/responses"),
        ("openrouter/openai/gpt-5.5", "https://openrouter.ai/api/v1/chat/completions"),
        (
            "gemini/gemini-3.8-flash",
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        ),
        ("zai/glm-5.3", "https://api.z.ai/api/paas/v4/chat/completions"),
    ],
)
def test_addresses(catalog: Catalog, model: str, url: str) -> None:
    """Each model's request goes to the documented address of its wire format."""
    card = catalog.card(model)
    assert card is not None
    outgoing = prepare(ChatRequest((user("hi"),)), card, catalog.providers[card.provider])
    assert outgoing.url == url
    assert outgoing.headers["content-type"] == "application/json"
    assert not {"authorization", "x-api-key", "api-key"} & set(outgoing.headers)


def test_anthropic_gets_its_version(catalog: Catalog) -> None:
    """Without the version header Anthropic answers 400."""
    card = catalog.card("anthropic/claude-haiku-4.5")
    assert card is not None
    outgoing = prepare(ChatRequest((user("hi"),)), card, catalog.providers["anthropic"])
    assert outgoing.headers["anthropic-version"] == "2023-06-01"


def test_an_address_that_is_not_complete_is_a_sentence(catalog: Catalog) -> None:
    """Azure without its resource's address says which setting is missing."""
    card = catalog.card("azure/gpt-5.5")
    assert card is not None
    with pytest.raises(ProviderError, match=r"providers\.azure\.base_url"):
        prepare(ChatRequest((user("hi"),)), card, catalog.providers["azure"])


def test_image_models_get_a_prompt_and_no_stream(catalog: Catalog) -> None:
    """Pictures are asked for whole, at the address of the card's wire, with its own fields."""
    request = ChatRequest((system("Be brief."), user("hi"), assistant("ho"), user("A red fox.")))
    for model, url, fields in (
        ("openai/gpt-image-2", "https://api.openai.com/v1/images/generations", {}),
        (
            "gemini/nano-banana-2",
            "https://generativelanguage.googleapis.com/v1beta/openai/images/generations",
            {"response_format": "b64_json"},
        ),
    ):
        card = catalog.card(model)
        assert card is not None
        outgoing = prepare(request, card, catalog.providers[card.provider])
        assert (outgoing.url, outgoing.headers["accept"]) == (url, "application/json")
        sent = json.loads(outgoing.body)
        assert sent == {"model": card.wire_id, **fields, "prompt": "A red fox."}


def test_an_unknown_wire_is_refused(catalog: Catalog) -> None:
    """A model whose format nobody here speaks is refused before anything is built."""
    card = catalog.card("openai/gpt-image-2")
    assert card is not None
    with pytest.raises(ProviderError, match="does not speak the wire format `telex`"):
        prepare(
            ChatRequest((user("hi"),)), replace(card, wire="telex"), catalog.providers["openai"]
        )


def test_every_model_takes_a_full_request(catalog: Catalog) -> None:
    """Sampling, tools, a forced tool, JSON and an effort: every adapter makes a body of it."""
    request = ChatRequest(
        (system("Be brief."), user("hi")),
        tools=TOOLS,
        tool_choice="required",
        response_format={"type": "object", "properties": {}, "additionalProperties": False},
        sampling=Sampling(0.5, 0.9, 500, ("END",), 7),
        reasoning_effort="low",
    )
    for model in chat_models(catalog):
        made = body(catalog, model, request, session_id="s" * 32, cache=CachePlan())
        card = catalog.card(model)
        assert card is not None
        assert made["model"] == card.wire_id
        if "no_sampling" in card.quirks:
            assert not {"temperature", "top_p"} & set(made)


def test_consecutive_turns_extend_the_same_bytes(catalog: Catalog) -> None:
    """What the next turn sends begins, byte for byte, with what this turn sent of the messages."""
    call = Message("assistant", (Text("Let me see."), ToolCall("call_1", "look", '{"q": 1}')))
    history = [system("Be brief."), user("Hello."), assistant("Hi!"), user("Und Grüße?"), call]
    for model in chat_models(catalog):
        card = catalog.card(model)
        assert card is not None
        provider = catalog.providers[card.provider]
        bodies = [
            prepare(
                ChatRequest(tuple(history[:length]), tools=TOOLS),
                card,
                provider,
                session_id="s",
            ).body
            for length in (2, 4)
        ]
        shared = next(n for n, pair in enumerate(zip(*bodies, strict=False)) if pair[0] != pair[1])
        assert b"Hello." in bodies[1][:shared], model
        assert (
            prepare(
                ChatRequest(tuple(history[:2]), tools=TOOLS), card, provider, session_id="s"
            ).body
            == bodies[0]
        )


def test_extra_fields_go_to_the_same_wire_only(catalog: Catalog) -> None:
    """A field that has no noun here reaches the same wire format unchanged, and no other."""
    request = ChatRequest((user("hi"),), wire="openai-chat", extra={"logit_bias": {"1": 2}})
    assert body(catalog, "openai/gpt-5.5", request)["logit_bias"] == {"1": 2}
    assert "logit_bias" not in body(catalog, "anthropic/claude-opus-5.5", request)
    other = replace(request, wire="anthropic-messages")
    assert "logit_bias" not in body(catalog, "openai/gpt-5.5", other)


@pytest.mark.parametrize(
    ("model", "prefix", "history", "plan"),
    [
        ("anthropic/claude-haiku-4.5", 4095, 0, None),
        ("anthropic/claude-haiku-4.5", 4096, 0, CachePlan(True, "1h", False)),
        ("anthropic/claude-opus-5.5", 600, 50, CachePlan(True, "1h", True)),
        ("anthropic/claude-haiku-4.5", 100, 9000, CachePlan(False, "5m", True)),
        ("openai/gpt-5.5", 2000, 0, CachePlan(True, "1h", False)),
        ("together/glm-5.3", 9000, 9000, None),
    ],
)
def test_marks_are_set_where_they_can_be_used(
    catalog: Catalog, model: str, prefix: int, history: int, plan: CachePlan | None
) -> None:
    """Below the model's minimum, and where nothing can be marked, nothing is asked."""
    card = catalog.card(model)
    assert card is not None
    made = plan_cache(
        card, system_prompt=True, duration="1h", prefix_tokens=prefix, history_tokens=history
    )
    assert made == plan
    off = plan_cache(card, system_prompt=False, duration="1h", prefix_tokens=10**6)
    assert off is None


@pytest.mark.parametrize(
    ("duration", "lives"), [("", "5m"), ("5m", "5m"), ("30m", "5m"), ("1h", "1h"), ("12h", "1h")]
)
def test_durations(catalog: Catalog, duration: str, lives: str) -> None:
    """The policy's duration becomes one of the two lives that providers know."""
    card = catalog.card("anthropic/claude-opus-5.5")
    assert card is not None
    plan = plan_cache(card, system_prompt=True, duration=duration, prefix_tokens=10_000)
    assert plan is not None
    assert plan.duration == lives


def test_a_duration_that_is_none_is_told(catalog: Catalog) -> None:
    """A word where a time belongs is a mistake in the policy."""
    card = catalog.card("anthropic/claude-opus-5.5")
    assert card is not None
    with pytest.raises(SettingsError, match="for ever"):
        plan_cache(card, system_prompt=True, duration="for ever", prefix_tokens=10_000)


def test_session_ids_tell_nobody_anything() -> None:
    """Stable for a conversation at a provider, different everywhere else, never the id itself."""
    salt = b"s" * 32
    first = session_id("private-divorce", "openai", salt)
    assert first == session_id("private-divorce", "openai", salt)
    others = {
        session_id("private-divorce", "deepseek", salt),
        session_id("other", "openai", salt),
        session_id("private-divorce", "openai", b"t" * 32),
    }
    assert first not in others
    assert len(others) == 3
    assert "divorce" not in first


def test_a_caller_is_told_what_a_model_does_not_hear(catalog: Catalog) -> None:
    """What its wire cannot say, what its provider refuses, and nothing else."""
    drawn = Sampling(temperature=0.2, stop=("END",), seed=3)
    request = ChatRequest((user("hi"),), sampling=drawn, front_door="http")

    def told(model: str) -> list[str]:
        card = catalog.card(model)
        assert card is not None
        return untold(request, card, catalog.providers[card.provider], single=True)

    assert told("zai/glm-5.3") == []
    assert told("openai/gpt-5.5") == ["temperature"]
    assert told("openai/gpt-5.5-pro") == ["seed", "stop", "temperature"]
    assert told("anthropic/claude-sonnet-4.6") == ["seed"]
    card = ModelCard("local/m", "local", "m", place=Place.LOCAL)
    assert untold(request, card, None, single=True) == []


def test_what_a_provider_refuses_of_a_passing_body_is_told(catalog: Catalog) -> None:
    """A caller of the same wire is told, too, in its own words."""
    body = {"messages": [{"role": "user", "content": "hi"}], "temperature": 0.2, "store": True}
    request = replace(FORMATS["openai-chat"].decode_request(body), source=body)
    card = catalog.card("openai/gpt-5.5")
    assert card is not None
    provider = catalog.providers["openai"]
    assert untold(request, card, provider, single=True) == ["store", "temperature"]
