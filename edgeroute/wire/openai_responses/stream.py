"""A response's answer, streamed or whole, as deltas.

A reasoning item is kept for replay as the item itself, if it holds the encrypted reasoning.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

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
from edgeroute.wire.custom_tools import TextArguments
from edgeroute.wire.errors import WireError, WireFault
from edgeroute.wire.json_data import (
    Json,
    dump_text,
    load_piece,
    mapping,
    mappings,
    message_of,
    string,
)
from edgeroute.wire.sse import ServerSentEvent

_CALLS: Final = frozenset({"function_call", "custom_tool_call"})
_TOLD: Final = frozenset({*_CALLS, "message", "reasoning"})


class ResponsesDecoder:
    """Reads one streamed response."""

    def __init__(self) -> None:
        self.ended = self.untold = False
        self._calls: dict[str, int] = {}
        self._arguments: set[int] = set()
        self._inputs: dict[str, TextArguments] = {}
        self._refused = False
        # What an item's own delta events have told already, by the item's key.
        self._told: set[str] = set()

    def feed(self, event: ServerSentEvent) -> list[Delta]:
        """The deltas of one event."""
        data = event.data.strip()
        if self.ended or not data or data == "[DONE]":
            return []
        return list(self._event(load_piece(data), event.event))

    def whole(self, body: Json) -> list[Delta]:
        """The deltas of a whole answer."""
        if not isinstance(body.get("output"), list) and not body.get("error"):
            raise WireError("The answer holds no output.")
        deltas: list[Delta] = []
        if not body.get("error"):
            for position, item in enumerate(mappings(body.get("output"))):
                deltas += self._item_done(item, str(position))
        return [*deltas, *self._end(body)]

    def close(self) -> list[Delta]:
        """Nothing is ever held back; without its final event the response is incomplete."""
        return []

    def _event(self, event: Json, name: str) -> Iterator[Delta]:
        kind = string(event.get("type")) or name
        key = _key(event)
        match kind:
            case "response.output_item.added":
                yield from self._call_begun(mapping(event.get("item")), key)
            case "response.output_text.delta" | "response.refusal.delta":
                self._refused = self._refused or kind == "response.refusal.delta"
                yield from self._text(event, key, TextDelta)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                yield from self._text(event, key, ReasoningDelta)
            case "response.reasoning_summary_part.added" if event.get("summary_index"):
                yield ReasoningDelta("\n\n")
            case "response.function_call_arguments.delta":
                number = self._calls.get(key)
                piece = string(event.get("delta"))
                if number is not None and piece:
                    self._arguments.add(number)
                    yield ToolCallDelta(number, arguments=piece)
            case "response.custom_tool_call_input.delta" if key in self._calls:
                self._arguments.add(self._calls[key])
                piece = self._inputs[key].more(string(event.get("delta")))
                yield ToolCallDelta(self._calls[key], arguments=piece)
            case "response.output_item.done":
                yield from self._item_done(mapping(event.get("item")), key)
            case "response.completed" | "response.incomplete" | "response.failed":
                self.ended = True
                yield from self._end(mapping(event.get("response")))
            case "error":
                raise WireFault(event, message_of(event.get("error") or event))
            case _ if event.get("error"):
                raise WireFault(event, message_of(event.get("error") or event))

    def _text(
        self, event: Json, key: str, kind: type[TextDelta | ReasoningDelta]
    ) -> Iterator[Delta]:
        text = string(event.get("delta"))
        if text:
            self._told.add(key)
            yield kind(text)

    def _call_begun(self, item: Json, key: str) -> Iterator[Delta]:
        self.untold = self.untold or item.get("type") not in _TOLD
        if item.get("type") in _CALLS and key not in self._calls:
            self._calls[key] = len(self._calls)
            self._inputs[key] = TextArguments()
            call_id = string(item.get("call_id")) or string(item.get("id"))
            yield ToolCallDelta(self._calls[key], call_id, string(item.get("name")))

    def _item_done(self, item: Json, key: str) -> Iterator[Delta]:
        """The rest of an item: what its deltas have not told, and what replay needs."""
        kind = item.get("type")
        self.untold = self.untold or kind not in _TOLD
        if kind == "function_call":
            yield from self._call_begun(item, key)
            number = self._calls[key]
            if number not in self._arguments:
                self._arguments.add(number)
                yield ToolCallDelta(number, arguments=string(item.get("arguments")) or "{}")
        elif kind == "custom_tool_call":
            yield from self._call_begun(item, key)
            rest = self._inputs[key].end(string(item.get("input")))
            yield ToolCallDelta(self._calls[key], arguments=rest)
        elif kind == "message" and key not in self._told:
            for part in mappings(item.get("content")):
                refusal = string(part.get("refusal"))
                self._refused = self._refused or bool(refusal)
                text = string(part.get("text")) or refusal
                if text:
                    yield TextDelta(text)
        elif kind == "reasoning":
            told = key in self._told
            parts = mappings(item.get("summary")) or mappings(item.get("content"))
            text = "\n\n".join(string(part.get("text")) for part in parts)
            payload = dump_text(item) if item.get("encrypted_content") else ""
            if text and not told:
                yield ReasoningDelta(text)
            if payload:
                yield ReasoningDelta(payload=payload)

    def _end(self, response: Json) -> Iterator[Delta]:
        error = response.get("error")
        if error or response.get("status") in ("failed", "cancelled"):
            raise WireFault(response, message_of(error))
        counts = mapping(response.get("usage"))
        if counts:
            yield UsageDelta(usage.from_openai(counts), string(response.get("model")))
        detail = string(mapping(response.get("incomplete_details")).get("reason"))
        yield Finish(self._reason(detail), detail=detail or string(response.get("status")))

    def _reason(self, detail: str) -> FinishReason:
        if detail == "content_filter":
            return "content_filter"
        if detail:
            return "length"
        if self._refused:
            return "refusal"
        return "tool_calls" if self._calls else "stop"


def _key(event: Json) -> str:
    """What ties the events of one item together; some hosts change the item's id on the way."""
    index = event.get("output_index")
    return str(index) if isinstance(index, int) else string(event.get("item_id"))
