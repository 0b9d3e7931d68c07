"""No documented field of a request is lost in silence, on any way from caller to provider."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgeroute.core.model_card import Place
from edgeroute.core.request import ChatRequest
from edgeroute.server.answer.caller_request import ignored, request_of
from edgeroute.wire.errors import WireError
from edgeroute.wire.format import CallerFormat, Target
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.same_wire import passes
from edgeroute.wire.wishes import untold
from tests.support.stories import CALLERS
from tests.support.wire import ALL, card

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
FUNCTION = {"name": "f", "parameters": SCHEMA}
# What this endpoint does itself: how it answers, whom it counts, what it keeps in caches.
OURS = {"model", "stream", "stream_options", "user", "prompt_cache_key", "cache_control",
        "keep_alive", "previous_response_id", "store"}  # fmt: skip
PROVIDERS = {
    **{wire: card(wire=wire) for wire in FORMATS},
    "local": card(place=Place.LOCAL, abilities=frozenset({"tools", "json_schema"})),
    "a small one": card(abilities=frozenset({"tools"})),
}
BASES: dict[str, dict[str, Any]] = {
    "openai-chat": {"messages": [{"role": "user", "content": "hi"}],
                    "tools": [{"type": "function", "function": FUNCTION}]},
    "openai-responses": {"input": "hi", "tools": [{"type": "function", **FUNCTION}]},
    "anthropic-messages": {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 8000,
                           "tools": [{"name": "f", "input_schema": SCHEMA}]},
    "ollama": {"messages": [{"role": "user", "content": "hi"}],
               "tools": [{"type": "function", "function": FUNCTION}]},
}  # fmt: skip
FORMAT = {"type": "json_schema", "name": "x", "schema": SCHEMA}
FIELDS: dict[str, dict[str, Any]] = {
    "openai-chat": {
        "audio": {"voice": "alloy", "format": "mp3"}, "frequency_penalty": 0.5, "model": "m",
        "function_call": {"name": "f"}, "functions": [FUNCTION | {"name": "g"}],
        "logit_bias": {"50": -100}, "logprobs": True, "max_completion_tokens": 77,
        "max_tokens": 78, "metadata": {"a": "b"}, "modalities": ["text", "audio"], "n": 2,
        "parallel_tool_calls": False, "prediction": {"type": "content", "content": "x"},
        "presence_penalty": 0.5, "prompt_cache_key": "k", "prompt_cache_retention": "24h",
        "reasoning_effort": "high", "response_format": {"type": "json_object"},
        "safety_identifier": "s", "seed": 7, "service_tier": "flex", "stop": ["END"],
        "store": True, "stream": True, "stream_options": {"include_obfuscation": True},
        "temperature": 0.5, "tool_choice": "required", "top_logprobs": 3, "top_p": 0.5,
        "tools": [{"type": "function", "function": FUNCTION | {"name": "g"}}],
        "user": "u", "verbosity": "low", "web_search_options": {"search_context_size": "low"},
        "moderation": {"model": "x"},
    },
    "openai-responses": {
        "background": True, "context_management": [{"type": "compaction"}], "model": "m",
        "conversation": "conv_1", "include": ["web_search_call.action.sources"],
        "instructions": "Be short.", "max_output_tokens": 77, "max_tool_calls": 3,
        "metadata": {"a": "b"}, "parallel_tool_calls": False, "previous_response_id": "resp_1",
        "prompt": {"id": "p"}, "prompt_cache_key": "k", "prompt_cache_retention": "24h",
        "reasoning": {"effort": "high"}, "safety_identifier": "s", "service_tier": "flex",
        "store": True, "stream": True, "stream_options": {"include_obfuscation": False},
        "temperature": 0.5, "text": {"format": FORMAT}, "tool_choice": "required",
        "tools": [{"type": "web_search"}], "top_logprobs": 3, "top_p": 0.5,
        "truncation": "auto-middle", "user": "u",
        "text.verbosity": {"verbosity": "low"}, "reasoning.context": {"context": "all"},
    },
    "anthropic-messages": {
        "cache_control": {"type": "ephemeral"}, "container": "c_1", "model": "m",
        "context_management": {"edits": []}, "inference_geo": "eu", "max_tokens": 77,
        "mcp_servers": [{"type": "url", "url": "https://x.example", "name": "x"}],
        "metadata": {"user_id": "u"}, "output_config": {"effort": "high"},
        "output_format": FORMAT, "service_tier": "standard_only", "speed": "fast",
        "stop_sequences": ["END"], "stream": True, "system": "Be short.", "temperature": 0.5,
        "thinking": {"type": "enabled", "budget_tokens": 4000}, "tool_choice": {"type": "any"},
        "tools": [{"type": "web_search_20250305", "name": "web_search"}], "top_k": 5,
        "top_p": 0.5, "output_config.format": {"format": FORMAT},
        "output_config.task_budget": {"task_budget": {"type": "tokens", "total": 9}},
    },
    "ollama": {
        "format": SCHEMA, "keep_alive": "5m", "logprobs": True, "model": "m", "stream": True,
        "think": "high", "top_logprobs": 2, "options.seed": {"seed": 7},
        "options.top_k": {"top_k": 5},
        "options.stop": {"stop": ["END"]}, "options.num_ctx": {"num_ctx": 99},
        "options.num_predict": {"num_predict": 77}, "options.temperature": {"temperature": 0.5},
        "options.repeat_penalty": {"repeat_penalty": 1.1}, "options.min_p": {"min_p": 0.1},
    },
}  # fmt: skip
WALKS = [
    (caller, name, value) for caller, fields in FIELDS.items() for name, value in fields.items()
]


def outgoing(request: ChatRequest, provider: str) -> str:
    """The body for ``provider``."""
    to = PROVIDERS[provider]
    return json.dumps(FORMATS[to.wire].encode_request(request, Target(to, stream=True)))


def refusal(body: dict[str, Any], form: CallerFormat) -> str:
    """The sentence with which ``body`` is refused; empty where it is not."""
    try:
        form.decode_request(body)
    except WireError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("caller", "name", "value"), WALKS)
def test_a_field_is_carried_refused_or_warned_about(
    caller: str, name: str, value: Any, provider: str
) -> None:
    """It changes what goes out, is the reason of a 400, or its name stands in a warning."""
    form, field = CALLERS[caller], name.partition(".")[0]
    base = BASES[caller]
    body = {**base, field: [*base["tools"], *value] if field == "tools" else value}
    if refused := refusal(body, form):
        assert field in refused
        return
    request = request_of(body, {}, form)
    to = PROVIDERS[provider]
    passing = passes(request, Target(to, stream=True), to.wire)
    told = [*untold(request, to, passing=passing), *ignored(body, form)]
    plain = request_of(base, {}, form)
    carried = outgoing(request, provider) != outgoing(plain, provider)
    named = name.rpartition(".")[2] if field == "options" else name
    spoken = {field, named, f"{field}.effort", f"{named}.user_id", "allowed_tools"}
    assert carried or field in OURS or spoken & {*told} or any("the tool" in each for each in told)


def test_what_is_carried_is_not_warned_about() -> None:
    """A caller who says what everybody says reads no warning."""
    for caller, base in BASES.items():
        body = base | {"temperature": 0.5, "stream": True, "tool_choice": "auto"}
        if caller == "anthropic-messages":
            body["tool_choice"] = {"type": "auto"}
        request = request_of(body, {}, CALLERS[caller])
        for to in PROVIDERS.values():
            assert untold(request, to, passing=False) == []


@pytest.mark.parametrize(
    ("wire", "fields", "names"),
    [
        ("openai-responses", {"stop": ["a"], "seed": 1}, ["seed", "stop"]),
        ("openai-chat", {"stop": [*"abcde"]}, ["stop after the fourth"]),
        ("anthropic-messages", {"stop": ["\n"], "seed": 0}, ["seed", "stop of white space"]),
        ("anthropic-messages", {"reasoning_effort": "low", "temperature": 0.1, "top_p": 0.1},
         ["temperature", "top_p"]),
        ("anthropic-messages", {"reasoning_effort": "low", "tool_choice": "required"},
         ["reasoning_effort"]),
        ("anthropic-messages", {"temperature": 1.7}, ["temperature above 1"]),
        ("openai-responses", {"max_tokens": 5}, ["max_tokens below 16"]),
        ("openai-chat", {"max_tokens": 9000}, ["max_tokens above 8192"]),
        ("openai-chat", {"tool_choice": {"type": "function", "function": {"name": "g"}}},
         ["tool_choice"]),
        ("anthropic-messages", {"tool_choice": {"type": "allowed_tools", "allowed_tools": {
            "mode": "auto", "tools": []}}}, ["allowed_tools"]),
        ("anthropic-messages", {"service_tier": "default", "logit_bias": {}, "n": 1}, []),
    ],
)  # fmt: skip
def test_what_a_wire_cannot_say_is_named(wire: str, fields: Any, names: list[str]) -> None:
    """By the caller's own words."""
    asked = FORMATS["openai-chat"].decode_request(BASES["openai-chat"] | fields)
    source = BASES["openai-chat"] | fields
    request = ChatRequest(**{
        name: getattr(asked, name) for name in asked.__dataclass_fields__
    } | {"source": source})  # fmt: skip
    assert untold(request, card(wire=wire), passing=False) == names


def test_a_model_that_does_not_think_says_so() -> None:
    """The wish is named as its caller names it."""
    asked = FORMATS["openai-responses"].decode_request(
        {"input": "hi", "reasoning": {"effort": "high"}}
    )
    assert untold(asked, card(abilities=ALL - {"reasoning"}), passing=False) == ["reasoning"]
