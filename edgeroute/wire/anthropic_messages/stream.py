"""An Anthropic message's answer, streamed or whole, as deltas.

A thinking block is kept for replay as the block itself, with its signature.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from edgeroute.core.answer import FinishReason
from edgeroute.core.events import (
    Delta,
    Finish,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from edgeroute.wire import usage
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import (
    Json,
    dump_text,
    load_piece,
    mapping,
    mappings,
    raise_if_fault,
    string,
)
from edgeroute.wire.sse import ServerSentEvent

_FINISH: Final[dict[str, FinishReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}
_TOLD: Final = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})


class MessagesDecoder:
    """Reads one streamed message."""

    def __init__(self) -> None:
        self.ended = self.untold = False
        self._model = ""
        self._usage: dict[str, Any] = {}
        self._stop = self._sequence = ""
        self._detail = ""
        self._done = False
        self._block: dict[str, Any] = {}
        self._calls = 0
        self._arguments = False

    def feed(self, event: ServerSentEvent) -> list[Delta]:
        """The deltas of one event."""
        data = event.data.strip()
        if self.ended or not data or data == "[DONE]":
            return []
        return list(self._event(load_piece(data)))

    def whole(self, body: Json) -> list[Delta]:
        """The deltas of a whole answer."""
        raise_if_fault(body)
        if not isinstance(body.get("content"), list):
            raise WireError("The answer holds no content.")
        deltas = list(self._start(body))
        for block in mappings(body.get("content")):
            deltas += self._open(block)
            deltas += self._shut()
        deltas += self._end(body, mapping(body.get("usage")))
        self._stop = self._stop or "end_turn"
        return deltas + self.close()

    def close(self) -> list[Delta]:
        """The finish, if the model said why it stopped."""
        if self._done or not self._stop:
            return []
        self._done = True
        reason = _FINISH.get(self._stop, "stop")
        return [Finish(reason, self._detail or self._stop, self._sequence)]

    def _event(self, event: Json) -> Iterator[Delta]:
        raise_if_fault(event)
        match event.get("type"):
            case "message_start":
                yield from self._start(mapping(event.get("message")))
            case "content_block_start":
                yield from self._shut()
                yield from self._open(mapping(event.get("content_block")))
            case "content_block_delta":
                yield from self._more(mapping(event.get("delta")))
            case "content_block_stop":
                yield from self._shut()
            case "message_delta":
                yield from self._shut()
                yield from self._end(mapping(event.get("delta")), mapping(event.get("usage")))
            case "message_stop":
                self.ended = True
                self._stop = self._stop or "end_turn"
                yield from self.close()
            case _:  # ping, and what is still to be invented
                return

    def _start(self, message: Json) -> Iterator[Delta]:
        self._model = string(message.get("model"))
        yield from self._count(mapping(message.get("usage")))

    def _end(self, delta: Json, counts: Json) -> Iterator[Delta]:
        self._stop = string(delta.get("stop_reason")) or self._stop
        self._sequence = string(delta.get("stop_sequence")) or self._sequence
        details = mapping(delta.get("stop_details"))
        self._detail = string(details.get("explanation")) or string(details.get("category"))
        yield from self._count(counts)

    def _count(self, counts: Json) -> Iterator[Delta]:
        """Counts are cumulative: each field's newest value holds."""
        if counts:
            self._usage |= {key: value for key, value in counts.items() if value is not None}
            yield UsageDelta(usage.from_anthropic(self._usage), self._model)

    def _open(self, block: Json) -> Iterator[Delta]:
        self._block = dict(block)
        self._arguments = False
        self.untold = self.untold or block.get("type") not in _TOLD
        match block.get("type"):
            case "text" if string(block.get("text")):
                yield TextDelta(string(block.get("text")))
            case "thinking" if string(block.get("thinking")):
                yield ReasoningDelta(string(block.get("thinking")))
            case "tool_use":
                self._calls += 1
                yield ToolCallDelta(
                    self._calls - 1, string(block.get("id")), string(block.get("name"))
                )

    def _more(self, delta: Json) -> Iterator[Delta]:
        match delta.get("type"):
            case "text_delta" if string(delta.get("text")):
                yield TextDelta(string(delta.get("text")))
            case "thinking_delta" if string(delta.get("thinking")):
                text = string(delta.get("thinking"))
                self._block["thinking"] = string(self._block.get("thinking")) + text
                yield ReasoningDelta(text)
            case "signature_delta":
                signature = string(delta.get("signature"))
                self._block["signature"] = string(self._block.get("signature")) + signature
            case "input_json_delta" if self._block.get("type") == "tool_use":
                piece = string(delta.get("partial_json"))
                if piece:
                    self._arguments = True
                    yield ToolCallDelta(self._calls - 1, arguments=piece)

    def _shut(self) -> Iterator[Delta]:
        block, self._block = self._block, {}
        kind = block.get("type")
        if kind == "tool_use" and not self._arguments:
            yield ToolCallDelta(self._calls - 1, arguments=dump_text(block.get("input") or {}))
        if kind == "redacted_thinking" or (kind == "thinking" and block.get("signature")):
            yield ReasoningDelta(payload=dump_text(block))
