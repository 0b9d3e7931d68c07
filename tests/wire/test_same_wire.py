"""Where caller and provider speak one wire, only what must change changes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.answer import Answer, Frame
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import TextDelta
from edgeroute.core.messages import assistant
from edgeroute.core.usage import Usage
from edgeroute.server.answer.caller_request import request_of
from edgeroute.wire.format import Envelope, Target
from edgeroute.wire.formats import FORMATS
from tests.support.wire import card, json_values, names, target

RECORDED = Path(__file__).parent / "recorded_requests"
MARK = {"type": "ephemeral"}
REQUESTS: dict[str, dict[str, Any]] = {
    "anthropic-messages": {
        "model": "claude-x", "max_tokens": 9, "stream": True, "inference_geo": "eu",
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        "system": [{"type": "text", "text": "s", "cache_control": MARK}],
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": MARK}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "AbCdEf=="},
                {"type": "tool_use", "id": "t1", "name": "ToolSearch", "input": {"q": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [
                {"type": "tool_reference", "tool_name": "ExitPlanMode"}]}]},
        ],
    },
    "openai-responses": {
        "model": "gpt-x", "store": False, "stream": True, "prompt_cache_key": "k",
        "include": ["reasoning.encrypted_content"], "reasoning": {"effort": "high"},
        "tools": [{"type": "custom", "name": "apply_patch", "description": "Edits."},
                  {"type": "tool_search"}],
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
            {"type": "reasoning", "summary": [], "encrypted_content": "gAAAAB"},
            {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** B"},
            {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"},
        ],
    },
    "openai-chat": {
        "model": "m", "stream": True, "stream_options": {"include_usage": True}, "n": 2,
        "logprobs": True, "service_tier": "flex", "prompt_cache_key": "k", "metadata": {"a": "b"},
        "messages": [{"role": "user", "content": "hi"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("wire", REQUESTS)
def test_a_request_goes_out_as_it_came_but_for_its_model(wire: str) -> None:
    """Every field, unknown ones too, keeps its place and its value."""
    body = REQUESTS[wire]
    sent = FORMATS[wire].encode_request(request_of(body, {}, FORMATS[wire]), target(stream=True))
    assert json.dumps(sent) == json.dumps(body | {"model": "one-2026"})


@pytest.mark.parametrize(
    ("wire", "name", "data"),
    [
        ("anthropic-messages", "content_block_start",
         '{"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}'),
        ("openai-responses", "response.web_search_call.searching",
         '{"type": "response.web_search_call.searching", "item_id": "ws"}'),
    ],
)  # fmt: skip
def test_an_event_passes_as_it_was(wire: str, name: str, data: str) -> None:
    """Events without name or id keep their bytes, and deltas are not written twice."""
    make = FORMATS[wire].encoder
    assert make is not None
    encoder = make(Envelope("x", "m", 0))
    assert encoder.feed(Frame(wire, name, data)) == [f"event: {name}\ndata: {data}\n\n".encode()]
    assert encoder.feed(TextDelta("again")) == []


@pytest.mark.parametrize("client", ["claude-code", "codex", "opencode", "qwen-code", "cline"])
def test_a_coding_agents_request_goes_out_as_it_came(client: str) -> None:
    """Requests of real agents keep every byte but the model's name, and say nothing of whose
    installation asks. Their shape is recorded, their words are invented.
    """
    recorded = json.loads((RECORDED / f"{client}.json").read_text())
    form, body = FORMATS[recorded["wire"]], recorded["body"]
    request = request_of(body, recorded["headers"], form)
    sent = form.encode_request(request, target(stream=True))
    wanted = body | {"model": "one-2026"}
    for name in ("client_metadata", "metadata"):
        wanted.pop(name, None)
    assert json.dumps(sent) == json.dumps(wanted)
    told = {name: value for name, value in recorded["headers"].items() if name in form.headers}
    assert request.headers == told


FIELDS = st.dictionaries(names.map(lambda name: f"x_{name}_y"), json_values, max_size=4)


@pytest.mark.parametrize("wire", REQUESTS)
@given(unknown=FIELDS, inner=FIELDS)
def test_unknown_fields_pass_unchanged(
    wire: str, unknown: dict[str, Any], inner: dict[str, Any]
) -> None:
    """Whatever a caller adds to a body, a tool or a turn reaches a provider of the same wire."""
    turns = "input" if wire == "openai-responses" else "messages"
    body = REQUESTS[wire]
    first, *rest = body[turns]
    body = body | unknown | {turns: [{**first, **inner}, *rest]}
    sent = FORMATS[wire].encode_request(request_of(body, {}, FORMATS[wire]), target(stream=True))
    assert json.dumps(sent) == json.dumps(body | {"model": "one-2026"})


def test_the_numbers_of_events_rise_whatever_comes_between() -> None:
    """Where one event became two, as where a placeholder was held back, the rest move up; an error
    comes after the last.
    """
    form = FORMATS["openai-responses"]
    assert form.encoder is not None
    encoder = form.encoder(Envelope("id", "m", 1))
    said = b""
    for number in (4, 4, 5, 9):
        data = f'{{"type":"response.output_text.delta","sequence_number":{number},"delta":"x"}}'
        (event,) = encoder.feed(Frame("openai-responses", "response.output_text.delta", data))
        said += event
    said += b"".join(encoder.error(EdgeRouteError("It broke off.")))
    assert re.findall(rb'"sequence_number":(\d+)', said) == [b"4", b"5", b"6", b"9", b"10"]


@pytest.mark.parametrize(
    ("wire", "silence"),
    [
        ("openai-responses", "response.in_progress"),
        ("anthropic-messages", "ping"),
        ("openai-chat", '"delta":{}'),
    ],
)
def test_a_silent_stream_that_passes_stays_alive(wire: str, silence: str) -> None:
    """Before a provider's first event and between events; a response is created once, and where
    events are numbered the numbers rise.
    """
    form = FORMATS[wire]
    assert form.encoder is not None
    encoder = form.encoder(Envelope("id", "m", 1))
    before = b"".join(encoder.idle() + encoder.idle()).decode()
    assert silence in before
    assert before.count("\n\n") == (3 if wire == "openai-responses" else 2)
    created = '{"type":"response.created","sequence_number":7,"response":{}}'
    passed = encoder.feed(Frame(wire, "response.created", created))
    assert bool(passed) == (wire != "openai-responses")
    after = b"".join(encoder.idle()).decode()
    assert silence in after
    if wire == "openai-responses":
        more = '{"type":"response.in_progress","sequence_number":1,"response":{}}'
        passed = encoder.feed(Frame(wire, "response.in_progress", more))
        said = before + after + b"".join(passed).decode()
        assert re.findall(r'"sequence_number":(\d+)', said) == ["0", "1", "2", "3", "4"]


def test_what_every_provider_of_a_wire_refuses_is_mended() -> None:
    """Arguments as an object, an object without properties, a limit that is none: everything else
    stays, in its place.
    """
    called = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    function = {"name": "f", "parameters": {"type": "object"}}
    body: dict[str, Any] = {
        "model": "m", "max_completion_tokens": None, "max_tokens": 77.0,
        "tools": [{"type": "function", "function": function}],
        "messages": [{"role": "user", "content": "hi"},
                     {"role": "assistant", "content": "", "tool_calls": [called]},
                     {"role": "tool", "tool_call_id": "c1", "content": "1"}],
    }  # fmt: skip
    form = FORMATS["openai-chat"]
    sent = form.encode_request(request_of(body, {}, form), target())
    assert "max_completion_tokens" not in sent
    assert json.dumps(sent["max_tokens"]) == "77"
    assert sent["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"a":1}'
    assert sent["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {}}
    assert body["messages"][1]["tool_calls"][0]["function"]["arguments"] == {"a": 1}
    for wire, field in (("openai-responses", "parameters"), ("anthropic-messages", "input_schema")):
        other = REQUESTS[wire] | {"tools": [{"type": "custom", "name": "f", field: {}}]}
        made = FORMATS[wire].encode_request(request_of(other, {}, FORMATS[wire]), target())
        assert made["tools"][0][field] == {"type": "object", "properties": {}}


def test_a_sign_cut_in_two_passes_in_two_halves() -> None:
    """The client joins them; a whole answer made of events holds the sign."""
    form = FORMATS["openai-chat"]
    assert form.encoder is not None
    halves = [
        json.dumps({"choices": [{"index": 0, "delta": {"content": half}}]})
        for half in ("\ud83d", "\ude00")
    ]
    frames = [Frame("openai-chat", "message", half) for half in halves]
    encoder = form.encoder(Envelope("x", "m", 0))
    sent = b"".join(piece for frame in frames for piece in encoder.feed(frame))
    read = [
        json.loads(line[6:]) for line in sent.decode().splitlines() if line.startswith("data: {")
    ]
    said = "".join(chunk["choices"][0]["delta"]["content"] for chunk in read)
    assert said.encode("utf-16", "surrogatepass").decode("utf-16") == "😀"
    answer = Answer(assistant("😀"), "stop", Usage(), "m", frames=tuple(frames))
    assert (
        form.encode_answer(answer, Envelope("x", "m", 0))["choices"][0]["message"]["content"]
        == "😀"
    )


def test_another_models_signature_does_not_pass() -> None:
    """What Gemini has signed says nothing to the next one."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    signed = call | {"extra_content": {"google": {"thought_signature": "S"}}}
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [signed]},
                {"role": "tool", "tool_call_id": "c", "content": "1"}]  # fmt: skip
    form = FORMATS["openai-chat"]
    request = request_of({"messages": messages}, {}, form)
    for answered_by, kept in (("other/model", call), ("", signed)):
        to = Target(card(), stream=False, answered_by=answered_by)
        assert form.encode_request(request, to)["messages"][1]["tool_calls"] == [kept]
