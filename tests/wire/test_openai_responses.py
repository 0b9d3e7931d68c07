"""OpenAI Responses: what is sent, what callers may send, what they get."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

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
from edgeroute.wire import capsule
from edgeroute.wire.errors import WireError, WireFault
from edgeroute.wire.format import CachePlan, Target
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import load_object
from edgeroute.wire.openai_responses import stored
from tests.support.wire import FIXTURES, ORIGIN, answer_of, card, target

WIRE = FORMATS["openai-responses"]
EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def sent(*messages: Message, to: Target | None = None, **fields: Any) -> dict[str, Any]:
    """The body of a request with ``messages``."""
    return WIRE.encode_request(ChatRequest(messages, **fields), to or target())


def test_nothing_is_stored_at_the_provider() -> None:
    """The provider stores unless told otherwise, so it is always told; a caller cannot undo it."""
    body = sent(user("hi"), wire="openai-responses", extra={"store": True})
    assert body["store"] is False
    assert body["include"] == ["reasoning.encrypted_content"]


def test_the_cache_key_needs_an_ability_and_a_plan() -> None:
    """One random key for each conversation steers it to the machine that holds its prefix."""
    to = Target(card(), stream=False, session_id="s1", cache=CachePlan())
    assert sent(user("hi"), to=to)["prompt_cache_key"] == "s1"
    assert "prompt_cache_key" not in sent(user("hi"))


def test_a_limit_is_never_below_the_least() -> None:
    """A smaller one is refused."""
    for asked, limit in ((5, 16), (17, 17)):
        body = sent(user("hi"), sampling=Sampling(max_output_tokens=asked))
        assert body["max_output_tokens"] == limit


def test_a_conversation_becomes_items() -> None:
    """Leading system text is the instructions; calls, results and thinking are items."""
    item = '{"type":"reasoning","id":"rs_1","encrypted_content":"x","summary":[]}'
    said = (Reasoning("", ORIGIN, item), Reasoning("", "o/x", item), Text("I look."))
    body = sent(
        system("s"),
        user("hi"),
        Message("assistant", (*said, ToolCall("c", "f", "{}"))),
        Message("tool", (ToolResult("c", (Text("4"), Image("image/png", b"x"))),)),
        system("later"),
    )
    assert body["instructions"] == "s"
    assert [each["type"] for each in body["input"]] == [
        *("message", "reasoning", "message", "function_call", "function_call_output", "message")
    ]
    assert body["input"][4]["output"][1]["type"] == "input_image"
    assert body["input"][5]["role"] == "system"


def test_tools_and_formats_are_flat() -> None:
    """Names stand beside the type here, not one level deeper."""
    body = sent(user("hi"), tools=(Tool("f"),), tool_choice="f", response_format={"type": "object"})
    assert body["tools"][0] == {
        "type": "function",
        "name": "f",
        "parameters": {"type": "object", "properties": {}},
        "strict": False,
    }
    assert body["tool_choice"] == {"type": "function", "name": "f"}
    assert body["text"]["format"]["name"] == "answer"


def test_a_model_without_schemas_is_asked_in_words() -> None:
    """The schema stands in the instructions, and any JSON object is asked for."""
    body = sent(user("hi"), to=target(abilities=frozenset()), response_format={"title": "Weather"})
    assert body["text"]["format"] == {"type": "json_object"}
    assert "Weather" in body["instructions"]


def test_unknown_items_go_back_out_as_they_came_on_the_same_wire_only() -> None:
    """An item that we cannot read is not lost for a model of the same format."""
    items = [
        {"role": "user", "content": "hi"},
        {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": "x"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"},
        {"type": "message", "role": "user", "content": [{"type": "input_audio", "data": "AA=="}]},
    ]
    request = WIRE.decode_request({"input": items})
    assert [type(part) for m in request.messages for part in m.parts] == [
        *(Text, ToolCall, ToolResult, Unreadable)
    ]
    assert WIRE.encode_request(request, target())["input"][3:] == items[3:]
    chat = FORMATS["openai-chat"].encode_request(request, target())
    assert "apply_patch" in str(chat)
    assert "AA==" not in str(chat)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"input": ""},
        {"input": []},
        {"input": [{"role": "wizard", "content": "hi"}]},
        {"input": [{"role": "user", "content": 4}]},
        {"input": [{"type": "item_reference", "id": "x"}]},
        {"input": "hi", "previous_response_id": "resp_1"},
        {"input": "hi", "conversation": "conv_1"},
        {"input": "hi", "max_output_tokens": "many"},
    ],
)
def test_a_bad_request_is_refused_with_a_sentence(body: dict[str, Any]) -> None:
    """A caller's mistake, or a wish that needs a provider's memory, is a wire error."""
    with pytest.raises(WireError, match=r"\.$"):
        WIRE.decode_request(body)


def test_a_text_is_enough() -> None:
    """The shortest request is a text; instructions become the system message."""
    request = WIRE.decode_request({"input": "hi", "instructions": "s"})
    assert request.messages == (system("s"), user("hi"))


def test_what_the_model_said_in_one_go_is_one_message() -> None:
    """Items of one answer are one assistant message, as in the other formats."""
    items = [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "4"},
        {"type": "message", "role": "assistant", "content": "done"},
    ]
    request = WIRE.decode_request({"input": items})
    assert request.messages == (
        user("hi"),
        Message("assistant", (Reasoning("Hm."), Text("a"), ToolCall("c", "f", "{}"))),
        Message("tool", (ToolResult("c", (Text("4"),)),)),
        assistant("done"),
    )


def test_every_part_of_a_message_is_read_or_kept_unread() -> None:
    """No part of a caller's message is dropped: what we cannot read is marked as such."""
    content = [
        {"type": "input_text", "text": "a"},
        {"type": "input_image", "image_url": "data:image/png;base64,eA==", "detail": "auto"},
        {"type": "input_image", "file_id": "file-1"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:a/b;base64,eA=="},
        {"type": "input_file", "file_url": "https://x.example/a.pdf"},
        17,
    ]
    request = WIRE.decode_request({"input": [{"role": "user", "content": content}]})
    parts = request.messages[0].parts
    assert parts[:2] == (Text("a"), Image("image/png", b"x"))
    assert parts[3] == File("a.pdf", "a/b", b"x")
    assert [type(part) for part in (parts[2], parts[4], parts[5])] == [Unreadable] * 3


def test_a_whole_answer_is_read() -> None:
    """Reasoning, text, refusal and calls come out of one body, the finish last."""
    body = {
        "status": "completed",
        "output": [
            {"type": "reasoning", "encrypted_content": "x", "summary": [{"text": "Hm."}]},
            {
                "type": "message",
                "content": [
                    {"type": "output_text", "text": "a"},
                    {"type": "refusal", "refusal": "b"},
                ],
            },
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "web_search_call"},
        ],
    }
    answer = answer_of(WIRE.decode_answer(body))
    assert (answer.text, answer.finish) == ("ab", "refusal")
    assert answer.message.tool_calls == (ToolCall("c", "f", "{}"),)
    assert answer.message.parts[0] == Reasoning(
        "Hm.", ORIGIN, '{"type":"reasoning","encrypted_content":"x","summary":[{"text":"Hm."}]}'
    )


@pytest.mark.parametrize(
    "body",
    [
        {"status": "failed", "error": {"code": "server_error", "message": "no"}, "output": []},
        {"status": "cancelled", "output": []},
        {"error": {"message": "no"}},
    ],
)
def test_a_failed_response_is_a_fault(body: dict[str, Any]) -> None:
    """A 200 that says failed is no answer."""
    with pytest.raises(WireFault):
        WIRE.decode_answer(body)


def test_an_answer_without_output_is_no_answer() -> None:
    """An object of another kind is not an answer."""
    with pytest.raises(WireError, match="no output"):
        WIRE.decode_answer({"hello": "world"})


def test_recordings_are_what_the_official_client_reads() -> None:
    """The recorded deltas are legal by the types of OpenAI's own client."""
    for line in (FIXTURES / "responses.sse").read_text().splitlines():
        if line.startswith("data: {") and '"response":{' not in line:
            EVENTS.validate_json(line.removeprefix("data: "))


def test_our_answers_are_what_the_official_client_reads(answers: list[Any], streams: Any) -> None:
    """Whole answers and streamed events validate; numbers count up; items agree with the end."""
    for answer, envelope in answers:
        Response.model_validate(WIRE.encode_answer(answer, envelope))
        events = [load_object(event.data) for event in streams(WIRE, answer, envelope)]
        for event in events:
            EVENTS.validate_python(event)
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        done = [e["item"] for e in events if e["type"] == "response.output_item.done"]
        assert events[-1]["response"]["output"] == done
        assert events[-1]["type"] in ("response.completed", "response.incomplete")
        assert WIRE.encode_answer(answer, envelope)["output"] == done


def test_a_stored_answer_is_told_again_in_the_events_of_its_kind() -> None:
    """Text, refusal, thinking and calls each come as they would have come at first, as the official
    client reads them; anything else as the item that it is.
    """
    part = {"type": "output_text", "text": "Out.", "annotations": [], "logprobs": []}
    refusal = {"type": "refusal", "refusal": "No."}
    items: list[dict[str, Any]] = [
        {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
         "content": [part, refusal]},
        {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "c1",
         "name": "f", "arguments": '{"a":1}'},
        {"id": "ctc_1", "type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "x"},
        {"id": "ws_1", "type": "web_search_call", "status": "completed",
         "action": {"type": "search", "query": "q"}},
    ]  # fmt: skip
    body = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "output": items,
            "status": "completed", "parallel_tool_calls": True, "tool_choice": "auto",
            "tools": []}  # fmt: skip
    written = b"".join(stored.replayed(body)).decode()
    data = [line[6:] for line in written.splitlines() if line.startswith("data: ")]
    events = [EVENTS.validate_json(line, strict=True) for line in data]
    assert [event.sequence_number for event in events] == [*range(len(events))]
    kinds = [event.type.removeprefix("response.") for event in events]
    assert kinds[:2] == ["created", "in_progress"]
    assert kinds[-1] == "completed"
    around = ["output_item.added", "output_item.done"]
    assert kinds.count(around[0]) == kinds.count(around[1]) == len(items)
    for kind in (
        "reasoning_summary_part.added", "reasoning_summary_text.delta",
        "reasoning_summary_text.done", "reasoning_summary_part.done", "content_part.added",
        "output_text.delta", "output_text.done", "refusal.delta", "refusal.done",
        "content_part.done", "function_call_arguments.delta", "function_call_arguments.done",
        "custom_tool_call_input.delta", "custom_tool_call_input.done",
    ):  # fmt: skip
        assert kind in kinds
    shown = [load_object(line).get("item") for line in data if "output_item.done" in line]
    assert shown == items
    assert [*stored.replayed(body, len(events) - 2)] == [*stored.replayed(body)][-1:]


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"type": "item_reference", "id": "msg_1"}, "msg_1"),
        ({"id": "msg_1"}, "msg_1"),
        ({"id": "msg_1", "role": "user", "content": "x"}, ""),
        ({"type": "function_call", "id": "fc_1"}, ""),
        ({"type": "item_reference"}, ""),
        ({"type": "item_reference", "id": 5}, ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_a_reference_is_told_from_an_item(item: Any, name: str) -> None:
    """By its type, which clients may leave away."""
    assert stored.referred(item) == name


def test_every_listed_item_has_an_id_that_leads_back_to_it() -> None:
    """Its own, or one that tells its place; texts are parts, as a client reads them."""
    items = [
        {"role": "user", "content": "x"},
        {"type": "message", "role": "assistant", "content": "y"},
        {"type": "function_call_output", "call_id": "c", "output": "z"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "something_new"},
    ]
    shown = stored.listed("resp_5f", items)
    assert [one["id"] for one in shown] == [
        "msg_5f_i0", "msg_5f_i1", "fco_5f_i2", "rs_1", "item_5f_i4",
    ]  # fmt: skip
    assert [one.get("content") for one in shown[:2]] == [
        [{"type": "input_text", "text": "x"}],
        [{"type": "output_text", "text": "y"}],
    ]
    for place in (0, 1, 2, 4):
        assert stored.input_place(shown[place]["id"]) == ("resp_5f", place)
    for other in ("rs_1", "msg_up_1", "msg_5f_ix", "", "x" * 500):
        assert stored.input_place(other) is None


@pytest.mark.parametrize("stream", [b"", b"data: [DONE]\n\n", b'data: {"type":"error"}\n\n'])
def test_only_an_answer_that_ended_well_is_one_to_keep(stream: bytes) -> None:
    """Nothing of a broken stream passes for a response."""
    assert stored.ended(stream) is None


def test_a_stored_thought_is_its_own_models_and_holds_no_text() -> None:
    """What is sealed cannot be masked, so the summary stays outside; what is sealed already, has
    nothing to seal or is of nobody known stays as it is.
    """
    summary = [{"type": "summary_text", "text": "Ann asks."}]
    thought = {"id": "rs_1", "type": "reasoning", "summary": summary, "encrypted_content": "gAAA"}
    plain: list[dict[str, Any]] = [
        {"id": "rs_2", "type": "reasoning", "summary": summary},
        {"id": "msg_1", "type": "message", "content": []},
    ]
    (kept, *others) = stored.sealed([thought, *plain], "o/x")
    assert others == plain
    assert kept | {"encrypted_content": "gAAA"} == thought
    origin, payload = capsule.unseal(kept["encrypted_content"]) or ("", "")
    assert (origin, load_object(payload)) == ("o/x", thought | {"summary": []})
    assert stored.sealed([kept], "o/y") == [kept]
    assert stored.sealed([thought], "") == [thought]
