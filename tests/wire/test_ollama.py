"""Ollama's wire, as its clients speak it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgeroute.core.messages import Image, Message, Text, ToolCall, ToolResult
from edgeroute.core.request import Sampling
from edgeroute.wire.errors import WireError
from edgeroute.wire.ollama import CHAT, GENERATE
from tests.wire.conftest import events_of

PNG = "iVBORw0KGgoAAAANSUhEUg=="


def test_a_conversation_is_read_with_all_that_it_asks() -> None:
    """Options, format, thinking, pictures and the tag that Ollama adds to a name."""
    request = CHAT.decode_request(
        {
            "model": "auto:latest",
            "messages": [{"role": "user", "content": "What?", "images": [PNG]}],
            "options": {"temperature": 0.5, "num_predict": 9, "stop": ["x"], "seed": 3, "top_k": 1},
            "format": {"type": "object"},
            "think": "low",
            "keep_alive": "5m",
        }
    )
    assert (request.model, request.reasoning_effort) == ("auto", "low")
    assert request.response_format == {"type": "object"}
    assert request.sampling == Sampling(0.5, None, 9, ("x",), 3)
    text, image = request.messages[0].parts
    assert text == Text("What?")
    assert isinstance(image, Image)
    assert image.media_type == "image/png"


def test_results_find_their_calls_without_ids() -> None:
    """Two calls of one tool are answered in their order."""
    call = {"function": {"name": "look", "arguments": {"at": 1}}}
    result = {"role": "tool", "tool_name": "look", "content": "seen"}
    history = [{"role": "assistant", "content": "", "tool_calls": [call, call]}, result, result]
    asked, first, second = CHAT.decode_request({"messages": history}).messages
    assert [part.id for part in asked.parts if isinstance(part, ToolCall)] == ["call_1", "call_2"]
    assert first == Message("tool", (ToolResult("call_1", (Text("seen"),), "look"),))
    assert second == Message("tool", (ToolResult("call_2", (Text("seen"),), "look"),))


def test_a_suffix_or_the_models_marks_ask_to_fill_the_gap() -> None:
    """Raw prompts are taken for this alone."""
    marked = "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>"
    assert GENERATE.decode_request({"prompt": None, "suffix": "b"}).fill
    for body in ({"prompt": "a", "suffix": "b"}, {"prompt": marked, "raw": True}):
        request = GENERATE.decode_request(body)
        assert request.fill
        assert [message.text for message in request.messages] == ["a", "b"]
    with pytest.raises(WireError, match="raw"):
        GENERATE.decode_request({"prompt": "a", "raw": True})


@pytest.mark.parametrize(
    "changes",
    [
        {"messages": []},
        {"messages": [{"role": "owner", "content": "x"}]},
        {"messages": [{"role": "user", "content": 5}]},
        {"format": "yaml"},
        {"think": 3},
        {"options": {"temperature": "hot"}},
        {"tools": [{"type": "function"}]},
        {"tools": [{"type": {}, "function": {"name": "look"}}]},
    ],
)
def test_a_bad_request_is_refused_with_a_sentence(changes: dict[str, Any]) -> None:
    """A caller's mistake is a wire error, whatever its shape."""
    with pytest.raises(WireError, match=r"\.$"):
        CHAT.decode_request({"messages": [{"role": "user", "content": "x"}]} | changes)


@pytest.mark.parametrize("form", [CHAT, GENERATE])
def test_a_stream_adds_up_to_the_whole_answer(form: Any, answers: list[Any]) -> None:
    """Each line is JSON; the last one is done."""
    for answer, envelope in answers:
        encoder = form.encoder(envelope)
        sent = b"".join(piece for event in events_of(answer) for piece in encoder.feed(event))
        lines = [json.loads(line) for line in sent.splitlines()]
        whole = form.encode_answer(answer, envelope)
        said = [line.get("response", line.get("message", {}).get("content")) for line in lines]
        assert "".join(said) == answer.text
        assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
        assert lines[-1]["eval_count"] == whole["eval_count"]
        silence = json.loads(b"".join(encoder.idle()))
        assert (silence["done"], silence["model"]) == (False, envelope.model)
