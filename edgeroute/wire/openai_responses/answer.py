"""Our endpoint's answer in the form of a response, whole or streamed."""

from __future__ import annotations

from typing import Any, Final

from edgeroute.core.answer import Answer
from edgeroute.core.errors import OVERFLOW, TOO_MANY, EdgeRouteError
from edgeroute.core.events import (
    Answered,
    Event,
    Failed,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from edgeroute.core.messages import Reasoning, Text, ToolCall
from edgeroute.wire import capsule
from edgeroute.wire.errors import overflow_in_openais_words
from edgeroute.wire.format import Envelope
from edgeroute.wire.in_order import InOrder, Said
from edgeroute.wire.json_data import dump
from edgeroute.wire.openai_responses.items import OutputItems
from edgeroute.wire.usage import to_openai_responses

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
# The codes by which clients know what to do next; the first stands in no schema, but they wait for
# it to shorten the conversation.
_CODES: Final = frozenset({OVERFLOW.code, TOO_MANY.code, "server_error", "invalid_prompt"})
_BY_STATUS: Final = {TOO_MANY.status: TOO_MANY.code}


def encode_answer(answer: Answer, envelope: Envelope) -> dict[str, Any]:
    """The body of a whole answer."""
    items = OutputItems(envelope.id, envelope.custom_tools)
    calls = 0
    for part in answer.message.parts:
        if isinstance(part, Text):
            items.text(part.text)
        elif isinstance(part, Reasoning):
            items.reasoning(part.text)
            items.payload(capsule.seal(part.origin, part.payload))
        elif isinstance(part, ToolCall):
            items.call(calls, part.id, part.name, part.arguments)
            calls += 1
    items.close()
    return _finished(envelope, answer, items.done)


def _response(envelope: Envelope, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": envelope.id,
        "object": "response",
        "created_at": envelope.created,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": envelope.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "store": False,
        "usage": None,
        **envelope.echo,
    }


def _finished(envelope: Envelope, answer: Answer, output: list[dict[str, Any]]) -> dict[str, Any]:
    reason = _INCOMPLETE.get(answer.finish)
    body = _response(envelope, "incomplete" if reason else "completed", output)
    body |= {"model": answer.model, "usage": to_openai_responses(answer.usage)}
    return body | {"incomplete_details": {"reason": reason}} if reason else body


def failed(error: EdgeRouteError, envelope: Envelope) -> dict[str, Any]:
    """The event that ends a stream with an error, but for its number."""
    told = error.rejection
    code = told.code
    if code not in _CODES:
        code = _BY_STATUS.get(
            told.status, "invalid_prompt" if told.blames_caller else "server_error"
        )
    message, param = overflow_in_openais_words(error), told.parameter or None
    said = {"code": code, "message": message, "param": param}
    response = _response(envelope, "failed", []) | {"error": said, "store": False}
    return {"type": "response.failed", "response": response}


def in_progress(envelope: Envelope) -> dict[str, Any]:
    """The event of a response that is under way."""
    response = _response(envelope, "in_progress", [])
    return {"type": "response.in_progress", "response": response}


def as_bytes(event: dict[str, Any]) -> bytes:
    """One event as it is sent."""
    return f"event: {event['type']}\ndata: ".encode() + dump(event) + b"\n\n"


class ResponsesEncoder:
    """Writes one streamed response. Every event carries the next sequence number."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._items = OutputItems(envelope.id, envelope.custom_tools)
        self._sequence = 0
        self._begun = False
        self._order = InOrder()

    def feed(self, event: Event) -> list[bytes]:
        """The bytes of one event."""
        match event:
            case TextDelta() | ReasoningDelta() | ToolCallDelta():
                for piece in self._order.feed(event):
                    self._say(piece)
                return self._frames()
            case Answered(answer=answer):
                for piece in self._order.close():
                    self._say(piece)
                self._items.close()
                frames = self._frames()
                response = _finished(self._envelope, answer, self._items.done)
                kind = f"response.{response['status']}"
                return [*frames, self._frame({"type": kind, "response": response})]
            case Failed(error=error):
                return self.error(error)
        return []

    def _say(self, piece: Said) -> None:
        match piece:
            case TextDelta(text=text):
                self._items.text(text)
            case ReasoningDelta(text=text, payload=payload):
                self._items.reasoning(text)
                self._items.payload(capsule.seal(self._envelope.origin, payload))
            case ToolCallDelta(index=index):
                self._items.call(index, piece.id, piece.name, piece.arguments)

    def idle(self) -> list[bytes]:
        """The events with which a response begins, and then its second one again."""
        return self._frames() if not self._begun else [self._frame(in_progress(self._envelope))]

    def error(self, error: EdgeRouteError) -> list[bytes]:
        """The bytes that end the stream with an error."""
        return [*self._frames(), self._frame(failed(error, self._envelope))]

    def _frames(self) -> list[bytes]:
        events = self._items.take()
        if not self._begun:
            self._begun = True
            second = in_progress(self._envelope)
            events = [second | {"type": "response.created"}, second, *events]
        return [self._frame(event) for event in events]

    def _frame(self, body: dict[str, Any]) -> bytes:
        body = {**body, "sequence_number": self._sequence}
        self._sequence += 1
        return as_bytes(body)
