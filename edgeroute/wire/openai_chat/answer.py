"""Our endpoint's answer in the form of a chat completion, whole or streamed."""

from __future__ import annotations

from typing import Any, Final

from edgeroute.core.answer import Answer
from edgeroute.core.errors import TOO_MANY, EdgeRouteError
from edgeroute.core.events import (
    Answered,
    Event,
    Failed,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from edgeroute.core.messages import Reasoning, ToolCall
from edgeroute.core.usage import Usage
from edgeroute.wire import capsule, custom_tools
from edgeroute.wire.errors import overflow_in_openais_words
from edgeroute.wire.format import Envelope
from edgeroute.wire.json_data import dump
from edgeroute.wire.openai_chat.request import tool_call
from edgeroute.wire.usage import to_openai_chat

DONE: Final = b"data: [DONE]\n\n"


def encode_answer(answer: Answer, envelope: Envelope) -> dict[str, Any]:
    """The body of a whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.finish == "refusal":
        message |= {"content": None, "refusal": answer.text}
    reasoning = [part for part in answer.message.parts if isinstance(part, Reasoning)]
    text = "".join(part.text for part in reasoning)
    if text:
        message["reasoning_content"] = text
    details = _details(answer)
    if details:
        message["reasoning_details"] = details
    calls = [
        _custom(call) if call.name in envelope.custom_tools else tool_call(call)
        for call in answer.message.tool_calls
    ]
    if calls:
        message |= {"content": message["content"] or None, "tool_calls": calls}
    return {
        "id": envelope.id,
        "object": "chat.completion",
        "created": envelope.created,
        "model": answer.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": finish_reason(answer),
            }
        ],
        "usage": to_openai_chat(answer.usage),
    }


def _custom(call: ToolCall) -> dict[str, Any]:
    said = {"name": call.name, "input": custom_tools.text_of(call.arguments)}
    return {"id": call.id, "type": "custom", "custom": said}


def encode_error(error: EdgeRouteError, _request_id: str = "") -> dict[str, Any]:
    """The body of an error."""
    told = error.rejection
    kind = "invalid_request_error" if told.blames_caller else "server_error"
    if told.status == TOO_MANY.status:
        kind = "rate_limit_error"
    message, param = overflow_in_openais_words(error), told.parameter or None
    return {"error": {"message": message, "type": kind, "param": param, "code": told.code}}


def finish_reason(answer: Answer) -> str:
    """How the answer ended, in this format's words."""
    return "stop" if answer.finish == "refusal" else answer.finish


def _details(answer: Answer) -> list[dict[str, Any]]:
    sealed = [
        capsule.seal(part.origin, part.payload)
        for part in answer.message.parts
        if isinstance(part, Reasoning)
    ]
    return [
        {"type": "reasoning.encrypted", "data": data, "format": "edgeroute-v1", "index": index}
        for index, data in enumerate(filter(None, sealed))
    ]


class ChatEncoder:
    """Writes one streamed chat completion."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._begun = False
        self._custom: set[int] = set()

    def feed(self, event: Event) -> list[bytes]:
        """The bytes of one event."""
        match event:
            case TextDelta(text=text) if text:
                return [self.chunk({"content": text})]
            case ReasoningDelta(text=text) if text:
                return [self.chunk({"reasoning_content": text})]
            case ToolCallDelta() if not self._is_custom(event):
                return [self.chunk({"tool_calls": [_call(event)]})]
            case Answered(answer=answer):
                return self._close(answer)
            case Failed(error=error):
                return self.error(error)
        return []

    def idle(self) -> list[bytes]:
        """A piece without words, nor a role: clients join the roles of all pieces."""
        choice = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": None}
        return [frame(self._head() | {"choices": [choice]})]

    def error(self, error: EdgeRouteError) -> list[bytes]:
        """The bytes that end the stream with an error."""
        return [frame(encode_error(error)), DONE]

    def _close(self, answer: Answer) -> list[bytes]:
        details = _details(answer)
        frames = [self.chunk({"reasoning_details": details})] if details else []
        frames += [
            self.chunk({"tool_calls": [{"index": number, **_custom(call)}]})
            for number, call in enumerate(answer.message.tool_calls)
            if number in self._custom
        ]
        return [*frames, *self.end(finish_reason(answer), answer.usage)]

    def _is_custom(self, event: ToolCallDelta) -> bool:
        """Whether it is called with one text, which can be read once its arguments are whole."""
        if event.name in self._envelope.custom_tools:
            self._custom.add(event.index)
        return event.index in self._custom

    def end(self, finish: str, usage: Usage) -> list[bytes]:
        """The bytes that say how the answer ended and, where that was asked, what it used."""
        frames = [self.chunk({}, finish)]
        if self._envelope.usage:
            counts = {"choices": [], "usage": to_openai_chat(usage)}
            frames.append(frame(self._head() | counts))
        return [*frames, DONE]

    def chunk(
        self,
        delta: dict[str, Any],
        finish: str | None = None,
        logprobs: dict[str, Any] | None = None,
    ) -> bytes:
        """One piece of the answer."""
        if not self._begun:
            self._begun = True
            delta = {"role": "assistant", **delta}
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return frame(self._head() | {"choices": [choice]})

    def _head(self) -> dict[str, Any]:
        return {
            "id": self._envelope.id,
            "object": "chat.completion.chunk",
            "created": self._envelope.created,
            "model": self._envelope.model,
        }


def _call(delta: ToolCallDelta) -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": delta.arguments}
    if not delta.id and not delta.name:
        return {"index": delta.index, "function": function}
    return {
        "index": delta.index,
        "id": delta.id,
        "type": "function",
        "function": {"name": delta.name, **function},
    }


def frame(body: dict[str, Any]) -> bytes:
    """A nameless event."""
    return b"data: " + dump(body) + b"\n\n"
