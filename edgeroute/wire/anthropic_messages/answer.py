"""Our endpoint's answer in the form of an Anthropic message, whole or streamed."""

from __future__ import annotations

from typing import Any, Final

from edgeroute.core.answer import Answer, FinishReason
from edgeroute.core.errors import OVERFLOW, EdgeRouteError
from edgeroute.core.events import (
    Answered,
    Event,
    Failed,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from edgeroute.core.messages import Reasoning, Text, ToolCall
from edgeroute.core.usage import Usage
from edgeroute.wire import capsule
from edgeroute.wire.format import Envelope
from edgeroute.wire.in_order import InOrder, Said
from edgeroute.wire.json_data import dump
from edgeroute.wire.parts import arguments_object
from edgeroute.wire.usage import to_anthropic

NO_THREADS: Final = "thread_unsupported_request"
"""The code on which clients send the whole conversation instead."""
_STOP: Final[dict[FinishReason, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
}
_ERROR_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
}


def encode_answer(answer: Answer, envelope: Envelope) -> dict[str, Any]:
    """The body of a whole answer."""
    content: list[dict[str, Any]] = []
    for part in answer.message.parts:
        if isinstance(part, Text) and part.text:
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, Reasoning):
            content += _reasoning(part)
        elif isinstance(part, ToolCall):
            block = {"type": "tool_use", "id": part.id, "name": part.name}
            content.append(block | {"input": arguments_object(part)})
    return _message(envelope, answer.model, to_anthropic(answer.usage)) | {
        "content": content,
        **_ending(answer),
    }


def _ending(answer: Answer) -> dict[str, Any]:
    """Why the answer ended, and at which stop sequence."""
    stopped = answer.finish == "stop" and answer.stop
    reason = "stop_sequence" if stopped else _STOP[answer.finish]
    return {"stop_reason": reason, "stop_sequence": answer.stop if stopped else None}


def encode_error(error: EdgeRouteError, request_id: str) -> dict[str, Any]:
    """The body of an error of the request ``request_id``. Clients know an overflow by the beginning
    of its message only.
    """
    told = error.rejection
    kind = _ERROR_TYPES.get(told.status, "api_error")
    message = str(error)
    if told.code == OVERFLOW.code:
        counted = f"{told.tokens} tokens > {told.window} maximum. " if told.tokens else ""
        message = f"prompt is too long: {counted}{error}"
    body: dict[str, Any] = {"type": kind, "message": message}
    if told.code == NO_THREADS:
        body["details"] = {"error_code": NO_THREADS, "unsupported": [told.parameter]}
    return {"type": "error", "error": body, "request_id": request_id}


def _message(envelope: Envelope, model: str, usage: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": envelope.id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _reasoning(part: Reasoning) -> list[dict[str, Any]]:
    sealed = capsule.seal(part.origin, part.payload)
    if part.text:
        return [{"type": "thinking", "thinking": part.text, "signature": sealed}]
    return [{"type": "redacted_thinking", "data": sealed}] if sealed else []


class MessagesEncoder:
    """Writes one streamed message. One block is open at a time."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._begun = False
        self._index = -1
        self._open = ""
        self._order = InOrder()

    def feed(self, event: Event) -> list[bytes]:
        """The bytes of one event."""
        match event:
            case TextDelta() | ReasoningDelta() | ToolCallDelta():
                return [each for piece in self._order.feed(event) for each in self._say(piece)]
            case Answered(answer=answer):
                rest = [each for piece in self._order.close() for each in self._say(piece)]
                return [*rest, *self._close(answer)]
            case Failed(error=error):
                return self.error(error)
        return []

    def _say(self, piece: Said) -> list[bytes]:
        match piece:
            case TextDelta(text=text) if text:
                delta = {"type": "text_delta", "text": text}
                return self._more("text", {"type": "text", "text": ""}, delta)
            case ReasoningDelta():
                return self._thinking(piece)
            case ToolCallDelta():
                return self._call(piece)
        return []

    def idle(self) -> list[bytes]:
        """An event that says nothing."""
        return [PING]

    def error(self, error: EdgeRouteError) -> list[bytes]:
        """The bytes that end the stream with an error."""
        return [frame(encode_error(error, self._envelope.request_id))]

    def _begin(self) -> list[bytes]:
        if self._begun:
            return []
        self._begun = True
        message = _message(self._envelope, self._envelope.model, to_anthropic(Usage()))
        return [frame({"type": "message_start", "message": message})]

    def _start(self, kind: str, block: dict[str, Any]) -> list[bytes]:
        frames = [*self._begin(), *self._stop()]
        self._open = kind
        self._index += 1
        body = {"type": "content_block_start", "index": self._index, "content_block": block}
        return [*frames, frame(body)]

    def _stop(self) -> list[bytes]:
        if not self._open:
            return []
        self._open = ""
        return [frame({"type": "content_block_stop", "index": self._index})]

    def _more(self, kind: str, block: dict[str, Any], delta: dict[str, Any]) -> list[bytes]:
        frames = [] if self._open == kind else self._start(kind, block)
        return [*frames, self._delta(delta)]

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return frame({"type": "content_block_delta", "index": self._index, "delta": delta})

    def _thinking(self, delta: ReasoningDelta) -> list[bytes]:
        frames: list[bytes] = []
        if delta.text:
            block = {"type": "thinking", "thinking": "", "signature": ""}
            more = {"type": "thinking_delta", "thinking": delta.text}
            frames += self._more("thinking", block, more)
        return frames + self._payload(delta.payload)

    def _payload(self, payload: str) -> list[bytes]:
        sealed = capsule.seal(self._envelope.origin, payload)
        if not sealed:
            return []
        if self._open == "thinking":
            signed = self._delta({"type": "signature_delta", "signature": sealed})
            return [signed, *self._stop()]
        block = {"type": "redacted_thinking", "data": sealed}
        return [*self._start("redacted_thinking", block), *self._stop()]

    def _call(self, delta: ToolCallDelta) -> list[bytes]:
        kind = f"call {delta.index}"
        block = {"type": "tool_use", "id": delta.id, "name": delta.name, "input": {}}
        frames = [] if self._open == kind else self._start(kind, block)
        if delta.arguments:
            piece = {"type": "input_json_delta", "partial_json": delta.arguments}
            frames.append(self._delta(piece))
        return frames

    def _close(self, answer: Answer) -> list[bytes]:
        body = {
            "type": "message_delta",
            "delta": _ending(answer),
            "usage": to_anthropic(answer.usage),
        }
        end = [frame(body), frame({"type": "message_stop"})]
        return [*self._begin(), *self._stop(), *end]


def frame(body: dict[str, Any]) -> bytes:
    """An event named by its type."""
    return f"event: {body['type']}\ndata: ".encode() + dump(body) + b"\n\n"


PING: Final = frame({"type": "ping"})
