"""Our endpoint's answer in Ollama's form, whole or as lines of JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from edgeroute.core.answer import Answer
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import Answered, Event, Failed, ReasoningDelta, TextDelta
from edgeroute.core.messages import Reasoning, ToolCall
from edgeroute.wire.format import Envelope
from edgeroute.wire.json_data import dump
from edgeroute.wire.parts import arguments_object
from edgeroute.wire.usage import to_openai_chat

Piece = Callable[[str, str, Sequence[ToolCall]], dict[str, Any]]


def line(body: dict[str, Any]) -> bytes:
    """One line of a stream."""
    return dump(body) + b"\n"


def _chat(text: str, thinking: str = "", calls: Sequence[ToolCall] = ()) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if thinking:
        message["thinking"] = thinking
    if calls:
        message["tool_calls"] = [_call(index, call) for index, call in enumerate(calls)]
    return {"message": message}


def _generate(text: str, thinking: str = "", _: Sequence[ToolCall] = ()) -> dict[str, Any]:
    return {"response": text} | ({"thinking": thinking} if thinking else {})


def _call(index: int, call: ToolCall) -> dict[str, Any]:
    function = {"index": index, "name": call.name, "arguments": arguments_object(call)}
    return {"id": call.id, "function": function}


def _head(envelope: Envelope) -> dict[str, Any]:
    made = datetime.fromtimestamp(envelope.created, UTC)
    return {"model": envelope.model, "created_at": f"{made:%Y-%m-%dT%H:%M:%SZ}"}


def encode_chat(answer: Answer, envelope: Envelope) -> dict[str, Any]:
    """The body of a whole answer to a conversation."""
    return _whole(answer, envelope, _chat)


def encode_generate(answer: Answer, envelope: Envelope) -> dict[str, Any]:
    """The body of a whole answer to one prompt."""
    return _whole(answer, envelope, _generate)


def _whole(answer: Answer, envelope: Envelope, piece: Piece) -> dict[str, Any]:
    thinking = "".join(part.text for part in answer.message.parts if isinstance(part, Reasoning))
    said = piece(answer.text, thinking, answer.message.tool_calls)
    return _head(envelope) | {"model": answer.model} | said | _ending(answer)


def _ending(answer: Answer) -> dict[str, Any]:
    used = to_openai_chat(answer.usage)
    return {
        "done": True,
        "done_reason": "length" if answer.finish == "length" else "stop",
        "prompt_eval_count": used["prompt_tokens"],
        "eval_count": used["completion_tokens"],
    }


def encode_error(error: EdgeRouteError, _request_id: str = "") -> dict[str, Any]:
    """The body of an error."""
    return {"error": str(error)}


class OllamaEncoder:
    """Writes one streamed answer. Calls come whole, as Ollama's clients read them."""

    def __init__(self, envelope: Envelope, piece: Piece) -> None:
        self._envelope = envelope
        self._piece = piece

    def feed(self, event: Event) -> list[bytes]:
        """The bytes of one event."""
        match event:
            case TextDelta(text=text) if text:
                return [self._line(text, "", ())]
            case ReasoningDelta(text=text) if text:
                return [self._line("", text, ())]
            case Answered(answer=answer):
                calls = answer.message.tool_calls
                lines = [self._line("", "", calls)] if calls else []
                last = _head(self._envelope) | self._piece("", "", ()) | _ending(answer)
                return [*lines, line(last)]
            case Failed(error=error):
                return self.error(error)
        return []

    def idle(self) -> list[bytes]:
        """A line without words."""
        return [self._line("", "", ())]

    def error(self, error: EdgeRouteError) -> list[bytes]:
        """The bytes that end the stream with an error."""
        return [line(encode_error(error))]

    def _line(self, text: str, thinking: str, calls: Sequence[ToolCall]) -> bytes:
        return line(_head(self._envelope) | self._piece(text, thinking, calls) | {"done": False})


def chat_encoder(envelope: Envelope) -> OllamaEncoder:
    """Writes a streamed answer to a conversation."""
    return OllamaEncoder(envelope, _chat)


def generate_encoder(envelope: Envelope) -> OllamaEncoder:
    """Writes a streamed answer to one prompt."""
    return OllamaEncoder(envelope, _generate)
