"""Anthropic Messages: what is sent, what callers may send, what they get."""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.types import Message as SdkMessage
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

from edgeroute.core.answer import Answer
from edgeroute.core.errors import NothingAnswered
from edgeroute.core.events import Finish
from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Unreadable,
    assistant,
    system,
    user,
)
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.core.usage import Usage
from edgeroute.wire.anthropic_messages.caller import read_block
from edgeroute.wire.errors import WireError, WireFault
from edgeroute.wire.format import CachePlan, Envelope, Target
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import load_object
from tests.support.wire import FIXTURES, ORIGIN, answer_of, card, target
from tests.wire.conftest import events_of

WIRE = FORMATS["anthropic-messages"]
EVENTS: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)


def sent(*messages: Message, to: Target | None = None, **fields: Any) -> dict[str, Any]:
    """The body of a request with ``messages``."""
    return WIRE.encode_request(ChatRequest(messages, **fields), to or target())


def test_a_limit_is_always_sent() -> None:
    """The format demands one: the caller's, else the most the model can write."""
    assert sent(user("hi"))["max_tokens"] == card().max_output_tokens
    assert sent(user("hi"), sampling=Sampling(max_output_tokens=7))["max_tokens"] == 7


def test_the_system_prompt_stands_apart() -> None:
    """Leading system messages move to the top; a later one stays where it was said."""
    body = sent(system("a"), system("b"), user("hi"), assistant("yes"), system("c"), user("ok"))
    assert [block["text"] for block in body["system"]] == ["a", "b"]
    assert [each["role"] for each in body["messages"]] == ["user", "assistant", "user"]
    texts = [block["text"] for block in body["messages"][-1]["content"]]
    assert texts == ["[System] c", "ok"]


def test_tool_results_directly_follow_in_one_message() -> None:
    """All results of one turn, and what the user adds, are one user message, results first."""
    calls = Message("assistant", (ToolCall("fn.a:0", "f", '{"x":1}'), ToolCall("b", "g", "oops")))
    failed = ToolResult("b", (), is_error=True)
    body = sent(
        user("hi"),
        calls,
        Message("tool", (ToolResult("fn.a:0", (Text("4"),)),)),
        Message("tool", (failed,)),
        user("go on"),
    )
    asked, answered = body["messages"][1]["content"], body["messages"][2]["content"]
    assert asked[0] == {"type": "tool_use", "id": "fn_a_0", "name": "f", "input": {"x": 1}}
    assert asked[1]["input"] == {"arguments": "oops"}
    assert answered == [
        {
            "type": "tool_result",
            "tool_use_id": "fn_a_0",
            "content": [{"type": "text", "text": "4"}],
        },
        {"type": "tool_result", "tool_use_id": "b", "is_error": True},
        {"type": "text", "text": "go on"},
    ]


def test_blank_texts_are_left_out() -> None:
    """The format refuses empty text blocks, and messages without any."""
    body = sent(user("hi"), Message("assistant", (Text(" \n"),)), user("still there?"))
    assert [each["role"] for each in body["messages"]] == ["user"]


@pytest.mark.parametrize(
    ("effort", "thinking", "written"),
    [
        ("none", {"type": "disabled"}, None),
        ("minimal", {"type": "adaptive"}, "low"),
        ("high", {"type": "adaptive"}, "high"),
        ("", None, None),
    ],
)
def test_an_effort_is_translated(effort: str, thinking: object, written: str | None) -> None:
    """The words of OpenAI's scale become thinking and effort."""
    body = sent(user("hi"), reasoning_effort=effort)
    assert body.get("thinking") == thinking
    assert body.get("output_config", {}).get("effort") == written


def test_a_schema_goes_into_the_output_config() -> None:
    """Structured output where the model has it, words where it has not."""
    schema = {"type": "object"}
    body = sent(user("hi"), response_format=schema)
    assert body["output_config"]["format"] == {"type": "json_schema", "schema": schema}
    plain = target(abilities=frozenset())
    for wanted in (schema, {}):
        body = sent(user("hi"), to=plain, response_format=wanted)
        assert "output_config" not in body
        assert "JSON object" in body["system"][0]["text"]


@pytest.mark.parametrize(
    ("choice", "parallel", "written"),
    [
        ("auto", None, None),
        ("auto", False, {"type": "auto", "disable_parallel_tool_use": True}),
        ("none", False, {"type": "none"}),
        ("required", None, {"type": "any"}),
        ("f", True, {"type": "tool", "name": "f", "disable_parallel_tool_use": False}),
    ],
)
def test_a_tool_choice_is_translated(choice: str, parallel: Any, written: object) -> None:
    """Choice and parallelism are one object here."""
    fields: dict[str, Any] = {
        "tools": (Tool("f"),),
        "tool_choice": choice,
        "parallel_tool_calls": parallel,
    }
    assert sent(user("hi"), **fields).get("tool_choice") == written


def test_thinking_goes_back_unchanged_and_only_to_its_origin() -> None:
    """Signed and redacted blocks are replayed as they came; a foreign payload never."""
    block = {"type": "thinking", "thinking": "Hm.", "signature": "abc"}
    said = Message(
        "assistant",
        (
            Reasoning("Hm.", ORIGIN, '{"type":"thinking","thinking":"Hm.","signature":"abc"}'),
            Reasoning("", "other/x", '{"type":"redacted_thinking","data":"d"}'),
            Reasoning("x", ORIGIN, '{"reasoning_content":"x"}'),
            Text("Yes"),
        ),
    )
    content = sent(user("hi"), said)["messages"][1]["content"]
    assert content == [block, {"type": "text", "text": "Yes"}]


def marks(body: dict[str, Any]) -> list[str]:
    """Where the body asks for caching, in the order in which the provider reads it."""
    blocks = [
        *(("tools", tool) for tool in body.get("tools", [])),
        *(("system", block) for block in body.get("system", [])),
        *(("messages", block) for each in body["messages"] for block in each["content"]),
        ("history", body),
    ]
    found = [(name, each.get("cache_control")) for name, each in blocks]
    return [f"{name} {mark.get('ttl', '5m')}" for name, mark in found if mark]


@pytest.mark.parametrize("duration", ["5m", "1h"])
def test_marks_are_few_and_ordered(duration: Any) -> None:
    """Four marks at most, the longer-lived first, none inside the growing messages."""
    to = Target(card(), stream=False, cache=CachePlan(duration=duration))
    tools = tuple(Tool(f"t{n}", "word " * 200) for n in range(9))
    body = sent(system("word " * 3000), user("hi"), to=to, tools=tools)
    assert marks(body) == [f"tools {duration}", f"system {duration}", "history 5m"]


def test_a_prefix_below_the_minimum_is_not_marked() -> None:
    """A mark on a prefix that the model would not cache only costs one of the four."""
    plan = CachePlan()
    short = (system("brief"), user("word " * 1500))
    small = Target(card(), stream=False, cache=plan)
    assert marks(sent(*short, to=small)) == ["history 5m"]
    haiku = Target(card(cache_minimum_tokens=4096), stream=False, cache=plan)
    assert marks(sent(*short, to=haiku)) == []
    assert marks(sent(system("word " * 3000), user("hi"))) == []


def test_extra_fields_pass_on_the_same_wire_only() -> None:
    """Unknown fields of the caller go out unchanged; known ones cannot be smuggled in."""
    extra = {"service_tier": "auto", "max_tokens": 1, "tools": [{"type": "bash_20250124"}]}
    body = sent(user("hi"), wire="anthropic-messages", extra=extra)
    assert body["service_tier"] == "auto"
    assert body["max_tokens"] == card().max_output_tokens
    assert body["tools"] == [{"type": "bash_20250124"}]
    assert "service_tier" not in sent(user("hi"), wire="openai-chat", extra=extra)


@pytest.mark.parametrize(
    "body",
    [
        {"max_tokens": 5},
        {"messages": [{"role": "tool", "content": "hi"}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "user", "content": "hi"}], "max_tokens": "many"},
    ],
)
def test_a_bad_request_is_refused_with_a_sentence(body: dict[str, Any]) -> None:
    """A caller's mistake is a wire error, whatever its shape."""
    with pytest.raises(WireError, match=r"\.$"):
        WIRE.decode_request(body)


def test_every_block_of_a_message_is_read_or_kept_unread() -> None:
    """No block of a caller's message is dropped: what we cannot read is marked as such."""
    content = [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "eA=="}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "?"}},
        {"type": "image", "source": {"type": "file", "file_id": "f"}},
        {"type": "document", "source": {"type": "text", "data": "d"}, "title": "t"},
        {"type": "document", "source": {"type": "base64", "media_type": "a/b", "data": "eA=="}},
        {"type": "search_result"},
        17,
    ]
    request = WIRE.decode_request({"messages": [{"role": "user", "content": content}]})
    kinds = [type(part).__name__ for part in request.messages[0].parts]
    assert kinds == [
        *("Text", "Image", "Image", "Unreadable", "Unreadable"),
        *("File", "File", "Unreadable", "Unreadable"),
    ]
    assert request.messages[0].parts[2] == Image("image/png", b"x")
    assert request.messages[0].parts[5] == File("t", "text/plain", b"d")
    assert request.messages[0].parts[7] == Unreadable("search_result", '{"type":"search_result"}')


@pytest.mark.parametrize("content", ["a\nb", [{"type": "text", "text": each} for each in "ab"]])
def test_a_document_of_texts_is_read(content: Any) -> None:
    """As one text; one that holds something else as well is not, and is kept as it came."""
    block = {"type": "document", "source": {"type": "content", "content": content}}
    assert read_block(block) == File("", "text/plain", b"a\nb")
    for other in ([*content, {"type": "image"}], [], ""):
        block = {"type": "document", "source": {"type": "content", "content": other}}
        assert isinstance(read_block(block), Unreadable)


def test_a_stored_thread_is_refused_in_its_own_way() -> None:
    """On this code Anthropic's clients send the whole conversation instead."""
    body = {"messages": [{"role": "user", "content": "x"}], "thread": {"type": "create"}}
    with pytest.raises(WireError) as caught:
        WIRE.decode_request(body)
    told = WIRE.encode_error(caught.value, "req_1")["error"]
    assert told["details"] == {
        "error_code": "thread_unsupported_request",
        "unsupported": ["thread"],
    }
    assert caught.value.rejection.status == 400


def test_a_coding_agents_request_is_read() -> None:
    """System blocks, thinking with a budget, forced tools, results with text behind them."""
    request = WIRE.decode_request(
        {
            "model": "auto",
            "max_tokens": 100,
            "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
            "thinking": {"type": "enabled", "budget_tokens": 10_000},
            "metadata": {"user_id": "user_ann_account"},
            "tools": [
                {"name": "f", "input_schema": {"type": "object"}},
                {"type": "bash_20250124", "name": "bash"},
            ],
            "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
            "messages": [
                {"role": "user", "content": "hi"},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}}],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "a", "content": "4"},
                        {"type": "text", "text": "go on"},
                    ],
                },
            ],
        }
    )
    assert request.messages == (
        system("s"),
        user("hi"),
        Message("assistant", (ToolCall("a", "f", '{"x":1}'),)),
        Message("tool", (ToolResult("a", (Text("4"),)),)),
        user("go on"),
    )
    assert (request.tool_choice, request.parallel_tool_calls) == ("required", False)
    assert request.reasoning_effort == "medium"
    assert request.extra == {"tools": [{"type": "bash_20250124", "name": "bash"}]}
    assert "ann" not in str(WIRE.encode_request(request, target()))


def test_thinking_that_we_gave_out_comes_back_whole() -> None:
    """A caller who keeps the conversation hands the payload back; a foreign one means nothing."""
    kept = Message("assistant", (Reasoning("Hm.", ORIGIN, '{"a":1}'), Text("Yes")))
    answer = answer_of([])
    answer = type(answer)(kept, "stop", answer.usage, "acme/one")
    envelope = Envelope("m_1", "acme/one", 1, origin=ORIGIN)
    for name in ("anthropic-messages", "openai-chat"):
        wire = FORMATS[name]
        body = wire.encode_answer(answer, envelope)
        message = body["choices"][0]["message"] if name == "openai-chat" else body
        turn = {"role": "assistant"} | {k: v for k, v in message.items() if k != "role"}
        request = wire.decode_request({"messages": [{"role": "user", "content": "hi"}, turn]})
        assert request.messages[1] == kept
    foreign = {"type": "thinking", "thinking": "x", "signature": "EqQB"}
    request = WIRE.decode_request({"messages": [{"role": "assistant", "content": [foreign]}]})
    assert request.messages[0].parts == (Reasoning("x"),)


def test_a_tool_call_may_come_whole() -> None:
    """Some hosts put the arguments into the block's start and send no pieces."""
    body = {
        "content": [
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
            {"type": "server_tool_use", "id": "b", "name": "web_search", "input": {}},
        ],
        "stop_reason": "tool_use",
    }
    answer = answer_of(WIRE.decode_answer(body))
    assert answer.message.tool_calls == (ToolCall("a", "f", '{"x":1}'),)
    assert answer.finish == "tool_calls"


@pytest.mark.parametrize(
    "body",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"base_resp": {"status_code": 1002, "status_msg": "limit"}, "content": []},
    ],
)
def test_an_error_with_a_success_status_is_a_fault(body: dict[str, Any]) -> None:
    """A 200 with an error in it is no answer."""
    with pytest.raises(WireFault):
        WIRE.decode_answer(body)


def test_an_answer_without_content_is_no_answer() -> None:
    """An object of another kind is not an answer."""
    with pytest.raises(WireError, match="no content"):
        WIRE.decode_answer({"hello": "world"})


def test_recordings_are_what_the_official_client_reads() -> None:
    """The recorded events are legal by the types of Anthropic's own client."""
    for name in ("anthropic.sse", "anthropic_refusal.sse"):
        for line in (FIXTURES / name).read_text().splitlines():
            if line.startswith("data: {") and '"ping"' not in line:
                EVENTS.validate_json(line.removeprefix("data: "))


def test_our_answers_are_what_the_official_client_reads(answers: list[Any], streams: Any) -> None:
    """Whole answers and every streamed event validate, and each block opens and closes in turn."""
    for answer, envelope in answers:
        SdkMessage.model_validate(WIRE.encode_answer(answer, envelope))
        events = streams(WIRE, answer, envelope)
        for event in events:
            EVENTS.validate_json(event.data)
            assert load_object(event.data)["type"] == event.event
        names = [event.event for event in events]
        assert (names[0], names[-2:]) == ("message_start", ["message_delta", "message_stop"])
        depth = 0
        for name in names:
            depth += {"content_block_start": 1, "content_block_stop": -1}.get(name, 0)
            assert depth in (0, 1)
        assert depth == 0


def test_an_error_has_the_formats_own_type() -> None:
    """Clients decide by the type whether to try again."""
    body = WIRE.encode_error(NothingAnswered("No.", "Wait."), "req_1")
    assert body["error"] == {"type": "overloaded_error", "message": "No. Wait."}


def test_a_stop_sequence_is_told() -> None:
    """Why and at which sequence an answer ended, read and written, whole and streamed."""
    body = {"content": [{"type": "text", "text": "1 2"}], "stop_reason": "stop_sequence",
            "stop_sequence": "END"}  # fmt: skip
    finish = WIRE.decode_answer(body)[-1]
    assert finish == Finish("stop", "stop_sequence", "END")
    answer = Answer(assistant("1 2"), "stop", Usage(), "m", stop="END")
    envelope = Envelope("msg_1", "m", 0)
    whole = WIRE.encode_answer(answer, envelope)
    assert (whole["stop_reason"], whole["stop_sequence"]) == ("stop_sequence", "END")
    assert WIRE.encoder is not None
    streamed = b"".join(WIRE.encoder(envelope).feed(events_of(answer)[-1])).decode()
    assert '"stop_reason":"stop_sequence","stop_sequence":"END"' in streamed


def test_a_field_without_a_name_means_nothing() -> None:
    """A format that has no field for a wish does not read it from another one."""
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "": {}}
    assert WIRE.decode_request(asked).sampling == Sampling(max_output_tokens=9)
