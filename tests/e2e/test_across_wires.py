"""Caller and provider speak different wires: what goes out, and what comes back, in real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support import replies
from tests.support.accepted import problems
from tests.support.installation import Endpoint, Installation
from tests.support.read_streams import heard
from tests.support.said_streams import Said, stream_of
from tests.support.scripted_provider import ScriptedProvider, always
from tests.support.stories import Story, body_of

pytestmark = pytest.mark.timeout(120)
PATHS = {"openai-chat": "/v1/chat/completions", "anthropic-messages": "/v1/messages",
         "openai-responses": "/v1/responses", "ollama": "/api/chat"}  # fmt: skip
NAMES = {"openai-chat": "mchat", "anthropic-messages": "manth", "openai-responses": "mresp"}
PAIRS = [(caller, wire) for caller in PATHS for wire in NAMES if caller != wire]
TOOL = "mcp__orders_database__list_all_open_orders_of_a_certain_region_sorted_by_date"
SCHEMA = {"type": "object", "properties": {"region": {"type": "string"}}}
HISTORY = Story(
    [("system", "You count orders."), ("user", "How many orders are open?"),
     ("assistant", "I look.", [("call_0", TOOL, "{}"), ("call_1", TOOL, "{}")]),
     ("result", "call_0", "12 orders"), ("user", "Stop, and count again"),
     ("assistant", "", [("call_0", TOOL, "{}")]), ("result", "call_0", "13 orders")],
    {TOOL: SCHEMA, "server.tool/name": {"type": "object"}},
)  # fmt: skip


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    """One host that speaks all three wires."""
    with ScriptedProvider() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def endpoint(shared_installation: Installation, provider: ScriptedProvider) -> Iterator[Endpoint]:
    """A real endpoint before it, which knows it under three names."""
    settings = ['[local]\nmodel = "qwen2.5-coder-0.5b"\n']
    settings += [
        f'[providers.{name}]\nwire = "{wire}"\nbase_url = "{provider.base_url}"\n'
        'models = ["gpt-5.5"]\n'
        for wire, name in NAMES.items()
    ]
    shared_installation.configure("".join(settings))
    with shared_installation.serving() as served:
        yield served


def ask(endpoint: Endpoint, caller: str, wire: str, asked: dict[str, Any]) -> httpx.Response:
    """The answer to ``asked`` by a provider of ``wire``."""
    return httpx.post(
        f"http://127.0.0.1:{endpoint.port}{PATHS[caller]}",
        json=asked | {"model": f"{NAMES[wire]}/gpt-5.5", "stream": True},
        headers={"authorization": f"Bearer {endpoint.token}"}, timeout=60, trust_env=False,
    )  # fmt: skip


@pytest.mark.parametrize(("caller", "wire"), PAIRS)
def test_a_broken_history_goes_out_whole_and_calls_come_back_in_full(
    endpoint: Endpoint, provider: ScriptedProvider, caller: str, wire: str
) -> None:
    """The gate clears what was mended, the provider accepts it, the caller knows its own tool."""
    short: list[str] = []

    def behave(request: Any) -> Any:
        named = [tool.get("name") or tool["function"]["name"] for tool in request.json["tools"]]
        short[:] = named
        calls = [("a", named[0], ['{"region":', '"eu"}']), ("b", named[1], ["{}"])]
        events = stream_of(wire, Said(["Once more."], calls=calls, interleaved=True))
        return replies.whole(events, content_type="text/event-stream")

    provider.behave(behave)
    asked = body_of(caller, HISTORY)
    if caller == "openai-chat":
        asked["stream_options"] = {"include_usage": True}
    answer = ask(endpoint, caller, wire, asked)
    assert answer.headers["x-edgeroute-route"] == "cloud", answer.text
    sent = provider.requests[-1].json
    assert problems(wire, sent) == []
    assert TOOL not in json.dumps(sent)
    found = heard(caller, answer.content)
    assert [call[1:] for call in found.calls] == [
        (TOOL, '{"region":"eu"}'),
        ("server.tool/name", "{}"),
    ]
    assert (found.text, found.tokens) == ("Once more.", (11, 7))


SIGNED = {"google": {"thought_signature": "AbCdEfAbCdEf"}}


@pytest.mark.parametrize("caller", ["anthropic-messages", "openai-responses"])
def test_a_signature_comes_back_with_its_call(
    endpoint: Endpoint, provider: ScriptedProvider, caller: str
) -> None:
    """Gemini's signature reaches the caller sealed and goes out again as it came."""
    called = {"index": 0, "id": "call_g", "type": "function", "extra_content": SIGNED,
              "function": {"name": "look", "arguments": "{}"}}  # fmt: skip
    events = [
        {"choices": [{"index": 0, "delta": {"tool_calls": [called]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    ]
    provider.behave(
        always(replies.stream([*(replies.event(json.dumps(e)) for e in events), replies.DONE]))
    )
    turn = [("user", "Look it up"), ("assistant", "", [("call_g", "look", "{}")]),
            ("result", "call_g", "It is there")]  # fmt: skip
    first = body_of(caller, Story(turn[:1], {"look": SCHEMA}))
    found = heard(caller, ask(endpoint, caller, "openai-chat", first).content)
    (sealed,) = found.sealed
    second = body_of(caller, Story(turn, {"look": SCHEMA}))
    if caller == "anthropic-messages":
        second["messages"][1]["content"].append({"type": "redacted_thinking", "data": sealed})
    else:
        second["input"].insert(2, {"type": "reasoning", "summary": [], "encrypted_content": sealed})
    answer = ask(endpoint, caller, "openai-chat", second)
    assert answer.headers["x-edgeroute-route"] == "cloud", answer.text
    (call,) = provider.requests[-1].json["messages"][1]["tool_calls"]
    assert call["extra_content"] == SIGNED


def test_what_is_not_told_is_said_in_headers(
    endpoint: Endpoint, provider: ScriptedProvider
) -> None:
    """A server tool, a field of one wire, and what this endpoint does not let a body decide."""
    provider.behave(always(replies.whole(
        stream_of("openai-chat", Said(["Yes."])), content_type="text/event-stream")))  # fmt: skip
    asked = body_of("anthropic-messages", Story([("user", "Is it out?")], {"look": SCHEMA})) | {
        "top_k": 5, "container": "c_1", "mcp_servers": [{"type": "url", "name": "x"}],
        "metadata": {"user_id": "someone"},
    }  # fmt: skip
    asked["tools"].append({"type": "web_search_20250305", "name": "web_search"})
    answer = ask(endpoint, "anthropic-messages", "openai-chat", asked)
    told = answer.headers
    assert told["x-edgeroute-warning"] == (
        "mchat/gpt-5.5 was not told of: top_k, the tool web_search_20250305."
    )
    assert told["warning"] == '299 - "Not used here: container, mcp_servers, metadata.user_id"'
