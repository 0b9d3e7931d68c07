"""Chat completions: what is sent, what callers may send, what they get."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from edgeroute.core.answer import Answer, Frame
from edgeroute.core.events import Finish, LogprobsDelta, TextDelta, ToolCallDelta
from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Unreadable,
    system,
    user,
)
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.core.usage import Usage
from edgeroute.wire.errors import WireError, WireFault
from edgeroute.wire.format import CachePlan, Envelope, Target
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import dump
from edgeroute.wire.sse import ServerSentEvent
from tests.support.wire import ALL, FIXTURES, ORIGIN, card, read, target

WIRE = FORMATS["openai-chat"]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
STRICT = SCHEMA | {"required": ["a"], "additionalProperties": False}


def sent(*messages: Message, to: Target | None = None, **fields: Any) -> dict[str, Any]:
    """The body of a request with ``messages``."""
    return WIRE.encode_request(ChatRequest(messages, **fields), to or target())


def test_a_stream_asks_for_its_counts() -> None:
    """Without the option many providers send no usage in a stream."""
    body = sent(user("hi"), to=target(stream=True))
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert "stream_options" not in sent(user("hi"))


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        ("none", "none"),
        ("required", "required"),
        ("look", {"type": "function", "function": {"name": "look"}}),
    ],
)
def test_a_tool_choice_is_written(choice: str, written: object) -> None:
    """A choice is a word, or the name of one tool."""
    body = sent(user("hi"), tools=(Tool("look"),), tool_choice=choice)
    assert body["tool_choice"] == written
    assert "tool_choice" not in sent(user("hi"), tools=(Tool("look"),))


def test_a_schema_is_strict_only_where_it_can_be() -> None:
    """Strict mode refuses open objects, so only closed ones ask for it."""
    formats = [
        sent(user("hi"), response_format=schema)["response_format"] for schema in (SCHEMA, STRICT)
    ]
    assert [each["json_schema"]["strict"] for each in formats] == [False, True]


def test_a_model_without_schemas_is_asked_in_words() -> None:
    """The schema stands in the system prompt, and any JSON object is asked for."""
    body = sent(user("hi"), to=target(abilities=frozenset()), response_format=SCHEMA)
    assert body["response_format"] == {"type": "json_object"}
    assert '"properties":{"a":' in body["messages"][0]["content"]


def test_what_a_model_cannot_take_is_said_in_words() -> None:
    """An image, a file or an audio part becomes a note; a text file becomes its text."""
    parts = (
        Text("See:"),
        Image("image/png", b"x"),
        File("a.pdf", "application/pdf", b"x"),
        File("a.txt", "text/plain", b"inside"),
        Unreadable("input_audio", '{"type":"input_audio"}'),
    )
    body = sent(Message("user", parts), to=target(abilities=frozenset()))
    content = body["messages"][0]["content"]
    assert isinstance(content, str)
    for word in ("See:", "image", "a.pdf", "File a.txt:\ninside", "input_audio"):
        assert word in content


def test_an_unknown_part_goes_back_out_as_it_came_on_the_same_wire_only() -> None:
    """A part that we cannot read is not lost for a model of the same format."""
    part = Unreadable("input_audio", '{"type":"input_audio","input_audio":{"data":"AA=="}}')
    body = sent(Message("user", (part,)), wire="openai-chat")
    assert body["messages"][0]["content"] == [
        {"type": "input_audio", "input_audio": {"data": "AA=="}}
    ]
    assert isinstance(sent(Message("user", (part,)))["messages"][0]["content"], str)


def test_an_image_from_a_tool_follows_as_a_user_message() -> None:
    """Tool messages hold text only, and every result stands next to its call."""
    results = (
        ToolResult("c1", (Text("one"), Image("image/png", b"x"))),
        ToolResult("c2", (Text("two"),)),
    )
    calls = Message("assistant", (ToolCall("c1", "f", "{}"), ToolCall("c2", "f", "{}")))
    body = sent(user("hi"), calls, Message("tool", results), Message("assistant", (Text("ok"),)))
    assert [each["role"] for each in body["messages"]] == [
        *("user", "assistant", "tool", "tool", "user", "assistant")
    ]
    assert body["messages"][4]["content"][0]["type"] == "image_url"
    assert body["messages"][1]["content"] is None


def test_extra_fields_pass_on_the_same_wire_and_never_replace_ours() -> None:
    """Unknown fields of the caller go out unchanged; known ones cannot be smuggled in."""
    extra = {"logprobs": True, "model": "other", "messages": [], "tools": [{"type": "web_search"}]}
    body = sent(user("hi"), wire="openai-chat", extra=extra, tools=(Tool("f"),))
    assert (body["logprobs"], body["model"], len(body["messages"])) == (True, "one-2026", 1)
    assert [tool["type"] for tool in body["tools"]] == ["function", "web_search"]
    other = sent(user("hi"), wire="anthropic-messages", extra=extra)
    assert "logprobs" not in other
    assert "tools" not in other


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ('{"reasoning_content":"Hm."}', {"content": "Yes", "reasoning_content": "Hm."}),
        ('{"reasoning_details":[{"a":1}]}', {"content": "Yes", "reasoning_details": [{"a": 1}]}),
        ('{"content":"<think>Hm.</think>"}', {"content": "<think>Hm.</think>Yes"}),
        (
            '{"content":[{"type":"thinking"}]}',
            {"content": [{"type": "thinking"}, {"type": "text", "text": "Yes"}]},
        ),
        ("not json", {"content": "Yes"}),
    ],
)
def test_thinking_goes_back_where_it_came_from(payload: str, expected: dict[str, Any]) -> None:
    """A payload is replayed in the field in which it came, to its origin only."""
    keep = target(abilities=ALL | {"keep_thinking"})
    for origin, wanted in ((ORIGIN, expected), ("acme/other", {"content": "Yes"})):
        said = Message("assistant", (Reasoning("Hm.", origin, payload), Text("Yes")))
        assert sent(user("hi"), said, to=keep)["messages"][1] == {"role": "assistant"} | wanted


def test_think_tags_go_back_only_to_models_that_want_them() -> None:
    """Most templates strip old thinking; it would only cost tokens."""
    said = Message("assistant", (Reasoning("Hm.", ORIGIN, '{"content":"<think>"}'), Text("Yes")))
    assert sent(said)["messages"][-1]["content"] == "Yes"


def test_cache_key_and_marks_need_an_ability_and_a_plan() -> None:
    """A host that does not know such a field may refuse the request for it."""
    long = system("word " * 2000)
    able = {"abilities": ALL | {"cache_marks"}}
    plan = CachePlan(duration="1h")
    to = Target(card(**able), stream=False, session_id="s1", cache=plan)
    body = sent(long, user("hi"), to=to)
    assert body["prompt_cache_key"] == "s1"
    mark = {"type": "ephemeral", "ttl": "1h"}
    assert body["messages"][0]["content"][0]["cache_control"] == mark
    for without in (
        Target(card(**able), stream=False, session_id="s1"),
        Target(card(abilities=frozenset()), stream=False, session_id="s1", cache=plan),
    ):
        body = sent(long, user("hi"), to=without)
        assert "prompt_cache_key" not in body
        assert isinstance(body["messages"][0]["content"], str)
    short = sent(system("brief"), user("hi"), to=to)
    assert isinstance(short["messages"][0]["content"], str)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": []},
        {"messages": "hi"},
        {"messages": [{"role": "wizard", "content": "hi"}]},
        {"messages": [{"role": "user", "content": 5}]},
        {"messages": [None]},
        {"messages": [{"role": "user", "content": "hi"}], "temperature": "hot"},
        {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1.5},
        {"messages": [{"role": "user", "content": "hi"}], "stop": [1]},
        {"messages": [{"role": "user", "content": "hi"}], "n": 0},
    ],
)
def test_a_bad_request_is_refused_with_a_sentence(body: dict[str, Any]) -> None:
    """A caller's mistake is a wire error, whatever its shape."""
    with pytest.raises(WireError, match=r"\.$"):
        WIRE.decode_request(body)


def test_every_part_of_a_message_is_read_or_kept_unread() -> None:
    """No part of a caller's message is dropped: what we cannot read is marked as such."""
    content = [
        "bare text",
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": "https://x.example/a.png"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,eA==", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,???"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:a/b;base64,eA=="}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
        {"type": "hologram"},
        17,
    ]
    request = WIRE.decode_request({"messages": [{"role": "user", "content": content}]})
    kinds = [type(part).__name__ for part in request.messages[0].parts]
    assert kinds == [
        *("Text", "Text", "Image", "Image", "Unreadable", "File"),
        *("Unreadable", "Unreadable", "Unreadable", "Unreadable"),
    ]
    assert request.messages[0].parts[3] == Image("image/png", b"x", detail="low")


def test_legacy_functions_are_tools() -> None:
    """Old clients speak of functions; their calls and results are told apart by name."""
    request = WIRE.decode_request(
        {
            "messages": [
                {"role": "user", "content": "hi"},
                {
                    "role": "assistant",
                    "content": None,
                    "function_call": {"name": "f", "arguments": "{}"},
                },
                {"role": "function", "name": "f", "content": "4"},
            ],
            "functions": [{"name": "f", "parameters": SCHEMA}],
            "function_call": {"name": "f"},
        }
    )
    assert request.tools == (Tool("f", "", SCHEMA),)
    assert request.tool_choice == "f"
    assert request.messages[1].tool_calls == (ToolCall("f", "f", "{}"),)
    assert request.messages[2].parts == (ToolResult("f", (Text("4"),), "f"),)


def test_who_asks_stays_here() -> None:
    """A caller's user name, safety identifier and metadata are not passed on."""
    asked = {"messages": [{"role": "user", "content": "hi"}], "user": "ann", "metadata": {"a": "b"}}
    request = WIRE.decode_request(asked | {"safety_identifier": "ann", "store": False})
    assert request.user == "ann"
    assert request.store
    assert "ann" not in str(WIRE.encode_request(request, target()))


def test_hosts_that_number_tool_calls_badly_are_understood() -> None:
    """No index, no id, repeated ids and names, arguments as an object: the calls come out whole."""

    def chunk(call: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"delta": {"tool_calls": [call]}, "finish_reason": finish}
        return {"id": "a-1", "choices": [choice]}

    whole = WIRE.decode_answer(chunk({"function": {"name": "f", "arguments": {"x": 1}}}, "stop"))
    assert whole == [ToolCallDelta(0, "call_a1_0", "f", '{"x":1}'), Finish("tool_calls", "stop")]
    chunks = [
        chunk({"index": 0, "id": "c", "function": {"name": "f"}}),
        chunk({"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}),
        chunk({"id": "d", "function": {"name": "g", "arguments": "{"}}),
        chunk({"function": {"arguments": "}"}}, "stop"),
    ]
    stream = b"".join(b"data: " + dump(each) + b"\n\n" for each in chunks)
    assert read(WIRE.decoder(), stream) == [
        ToolCallDelta(0, "c", "f", ""),
        ToolCallDelta(0, "", "", "{}"),
        ToolCallDelta(1, "d", "g", "{"),
        ToolCallDelta(1, "", "", "}"),
        Finish("tool_calls", "stop"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no", "code": 507}},
        {"error": "no"},
        {"base_resp": {"status_code": 1008, "status_msg": "no"}, "choices": None},
        {"object": "error", "message": "no", "type": "invalid", "code": 3},
        {"detail": "no"},
        {"id": "x", "choices": [{"message": {"content": ""}, "finish_reason": "error"}]},
    ],
)
def test_an_error_with_a_success_status_is_a_fault(body: dict[str, Any]) -> None:
    """Every shape in which hosts put errors into a 200 is found."""
    with pytest.raises(WireFault):
        WIRE.decode_answer(body)


def test_an_answer_without_choices_is_no_answer() -> None:
    """A captive portal's JSON or an empty object is not an answer."""
    with pytest.raises(WireError, match="no choices"):
        WIRE.decode_answer({"hello": "world"})


def test_a_whole_answer_ends_with_its_finish() -> None:
    """A body gives the same deltas as a stream, the finish last."""
    body = {
        "model": "m",
        "choices": [{"message": {"content": "Yes"}, "finish_reason": "length"}],
    }
    assert WIRE.decode_answer(body) == [TextDelta("Yes"), Finish("length", "length")]


def test_recordings_are_what_the_official_client_reads() -> None:
    """The recorded chunks are legal by the types of OpenAI's own client."""
    for name in ("openai.sse", "openai_tools.sse", "openai_refusal.sse"):
        for line in (FIXTURES / name).read_text().splitlines():
            if line.startswith("data: {"):
                ChatCompletionChunk.model_validate_json(line.removeprefix("data: "))


def test_our_answers_are_what_the_official_client_reads(answers: list[Any], streams: Any) -> None:
    """Whole answers and every streamed chunk validate against OpenAI's own types."""
    for answer, envelope in answers:
        body = WIRE.encode_answer(answer, envelope)
        ChatCompletion.model_validate(body, strict=True)
        *chunks, end = [event.data for event in streams(WIRE, answer, envelope)]
        assert end == "[DONE]"
        for chunk in chunks:
            ChatCompletionChunk.model_validate_json(chunk)


def test_log_probabilities_are_asked_for_and_read() -> None:
    """They are asked for only where the request wants them; entries without one are no harm."""
    assert "logprobs" not in sent(user("hi"))
    assert sent(user("hi"), sampling=Sampling(logprobs=True))["logprobs"] is True
    choice = {"message": {"content": "31"}, "finish_reason": "stop"}
    body = {"choices": [choice | {"logprobs": {"content": [{"logprob": -0.5}, {"logprob": None}]}}]}
    assert LogprobsDelta((-0.5,)) in WIRE.decode_answer(body)
    without = {"choices": [choice | {"logprobs": None}]}
    assert WIRE.decode_answer(without) == [TextDelta("31"), Finish("stop", "stop")]


def test_what_a_model_refused_stays_in_the_history() -> None:
    """A refusal stands in a field of its own, and in words everywhere else."""
    said = {"role": "assistant", "content": None, "refusal": "I will not."}
    request = WIRE.decode_request({"messages": [{"role": "user", "content": "hi"}, said]})
    assert request.messages[1].text == "I will not."


@pytest.mark.parametrize(("given", "limit"), [(4096.0, 4096), (-1, None), (None, None), (7, 7)])
def test_a_limit_may_be_written_in_several_ways(given: Any, limit: int | None) -> None:
    """As a whole number with a point, and as local servers write that there is none."""
    body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": given}
    assert WIRE.decode_request(body).sampling.max_output_tokens == limit


@pytest.mark.parametrize("given", [0, -7, 1.5, "many", True])
def test_a_limit_that_is_none_is_refused(given: Any) -> None:
    """By its name."""
    body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": given}
    with pytest.raises(WireError, match="max_tokens"):
        WIRE.decode_request(body)


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_some_allowed_tools_are_a_choice(mode: str) -> None:
    """Their mode is carried; which they are is said not to be."""
    named = {"type": "function", "function": {"name": "f"}}
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [named]}}
    body = {"messages": [{"role": "user", "content": "hi"}], "tool_choice": choice}
    assert WIRE.decode_request(body).tool_choice == mode


def test_servers_say_at_which_stop_sequence_they_ended() -> None:
    """Those of vLLM and SGLang do, and a caller of Messages reads it."""
    for field in ("stop_reason", "matched_stop"):
        choice = {"message": {"content": "1 2"}, "finish_reason": "stop", field: "END"}
        finish = WIRE.decode_answer({"choices": [choice]})[-1]
        assert finish == Finish("stop", "stop", "END")


@pytest.mark.parametrize(
    ("strange", "told"),
    [
        ({"id": "keep-alive", "choices": [{"delta": {"content": "x"}}]}, []),
        ({"choices": [{"index": 1, "delta": {"content": "x"}}]}, []),
        ({"choices": [{"delta": {"content": ""}}]}, []),
        ({"choices": [{"delta": {"content": "x"}}]}, [TextDelta("x")]),
        ({"choices": [{"delta": {"content": [{"type": "text", "text": "x"}]}}]}, [TextDelta("x")]),
    ],
)
def test_after_the_first_words_each_piece_is_still_looked_at(
    strange: dict[str, Any], told: list[TextDelta]
) -> None:
    """Most pieces hold more words only; what is else than that is read as it would be at first."""
    decoder = WIRE.decoder()
    decoder.feed(ServerSentEvent("message", '{"choices": [{"delta": {"content": "Some"}}]}'))
    assert decoder.feed(ServerSentEvent("message", dump(strange).decode())) == told
    for fault in ({"object": "error", "choices": [{"delta": {"content": "x"}}]}, {"error": "no"}):
        with pytest.raises(WireFault):
            decoder.feed(ServerSentEvent("message", dump(fault).decode()))


def test_a_whole_answer_of_many_pieces_is_what_each_of_them_says() -> None:
    """Pieces that only go on with a text are joined at once, and nothing else is lost or moved."""

    def piece(delta: dict[str, Any], **more: Any) -> Frame:
        choice = {"index": 0, "delta": delta} | {"finish_reason": more.pop("finish", None)}
        return Frame(WIRE.name, "message", dump({"id": "c", "choices": [choice]} | more).decode())

    frames = (
        piece({"role": "assistant", "content": ""}),
        piece({"content": "a"}),
        piece({"content": "b"}, service_tier="first"),
        piece({"content": "c"}),
        piece({"reasoning_content": "hm"}),
        piece({"content": "d", "role": "assistant"}),
        piece({"content": "e", "role": "assistant"}),
        piece({}, finish="stop", x="kept"),
        piece({"content": "f"}),
    )
    answer = Answer(Message("assistant", (Text("abcdef"),)), "stop", Usage(), "m", frames=frames)
    body = WIRE.encode_answer(answer, Envelope("ours", "m", 1))
    message = {"role": "assistant", "content": "abcdef", "reasoning_content": "hm"}
    assert body["choices"] == [{"index": 0, "message": message, "finish_reason": "stop"}]
    assert (body["service_tier"], body["x"], body["id"]) == ("first", "kept", "ours")
