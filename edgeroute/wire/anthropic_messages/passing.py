"""Anthropic messages that pass as they are between a caller and a provider of this wire format."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.request import ChatRequest
from edgeroute.wire import capsule
from edgeroute.wire.anthropic_messages.answer import PING, encode_error, frame
from edgeroute.wire.anthropic_messages.request import mark
from edgeroute.wire.format import Envelope, Target
from edgeroute.wire.json_data import Json, dump_text, mapping, mappings, sequence, string
from edgeroute.wire.same_wire import (
    FrameFormat,
    Growing,
    Object,
    by_index,
    has_key,
    may_replay,
    parsed,
    start_of,
    thinks,
    under_our_name,
)
from edgeroute.wire.schemas import name_properties

_SEALED: Final = {"thinking": "signature", "redacted_thinking": "data"}
_BAD_ID: Final = re.compile(r"[^a-zA-Z0-9_-]")
_IDS: Final = ("id", "tool_use_id")
_GROWING: Final = ("text", "thinking", "signature", "content")
_PIECES: Final = ("text", "thinking", "partial_json")


def encode_request(request: ChatRequest, target: Target) -> Object:
    """The caller's body, for the target's model; with our cache marks where it has none."""
    body = start_of(request, target)
    if "max_tokens" not in body:
        body["max_tokens"] = target.card.max_output_tokens
    name_properties(body, "input_schema")
    if not thinks(target):
        body = _without_thinking(body)
    marked = has_key(request.source, "cache_control")
    body["messages"] = list(filter(None, (_message(m, target) for m in sequence(body["messages"]))))
    return body if marked else _with_marks(body, target)


def _without_thinking(body: Object) -> Object:
    rest = {key: value for key, value in body.items() if key not in {"thinking", "output_config"}}
    output = {k: v for k, v in mapping(body.get("output_config")).items() if k != "effort"}
    return rest | {"output_config": output} if output else rest


def _with_marks(body: Object, target: Target) -> Object:
    tools, system = list(sequence(body.get("tools"))), body.get("system")
    blocks = [{"type": "text", "text": system}] if isinstance(system, str) and system else [
        dict(block) for block in sequence(system) if isinstance(block, dict)
    ]  # fmt: skip
    before = [dict(block) for block in blocks]
    mark(body, tools, blocks, body["messages"], target)
    if tools:
        body["tools"] = tools
    if blocks != before:
        body["system"] = blocks
    return body


def _message(message: object, target: Target) -> object:
    """A message without the thinking of other models; None where nothing else is in it."""
    found = mapping(message)
    content = found.get("content")
    if not isinstance(content, list):
        return message
    blocks = [kept for block in content if (kept := _block(block, target)) is not None]
    if blocks == content:
        return message
    return {**found, "content": blocks} if blocks else None


def _block(block: object, target: Target) -> object:
    found = mapping(block)
    sealed = _SEALED.get(string(found.get("type")))
    if sealed is not None:
        kept = may_replay(string(found.get(sealed)), target)
        if isinstance(kept, dict):
            return kept if kept.get("type") in _SEALED else None
        # Thinking that nobody has signed is no model's to take back.
        return block if kept and (found.get(sealed) or target.own) else None
    # Other providers use more characters in the ids of calls than this format allows.
    ids = {key: _BAD_ID.sub("_", found[key]) for key in _IDS if isinstance(found.get(key), str)}
    return block if all(found[key] == ids[key] for key in ids) else {**found, **ids}


def _patch(event: Object, envelope: Envelope) -> bool:
    if event.get("type") != "message_start":
        return False
    event["message"] = {
        **mapping(event.get("message")), "id": envelope.id, "model": envelope.model
    }  # fmt: skip
    return True


def _join(events: list[Object]) -> Object:
    body: Object = {}
    blocks: dict[int, Object] = {}
    arguments: dict[int, str] = {}
    for event in events:
        number = event.get("index", 0)
        match event.get("type"):
            case "message_start":
                body = dict(mapping(event.get("message")))
            case "content_block_start":
                blocks[number] = dict(mapping(event.get("content_block")))
            case "content_block_delta":
                delta = mapping(event.get("delta"))
                if delta.get("type") == "input_json_delta":
                    piece = string(delta.get("partial_json"))
                    arguments[number] = arguments.get(number, "") + piece
                else:
                    _grow(blocks.setdefault(number, {}), delta)
            case "message_delta":
                _end(body, event)
    for number, text in arguments.items():
        if text:
            blocks[number]["input"] = parsed(text)
    return body | {"content": by_index(blocks.items())} if body else {}


def _grow(block: Object, delta: Json) -> None:
    for key, value in delta.items():
        if key == "citation":
            known: Any = block.get("citations")
            block["citations"] = [*sequence(known), value]
        elif key in _GROWING and isinstance(value, str):
            block[key] = string(block.get(key)) + value
        elif key != "type":
            block[key] = value


def _end(body: Object, event: Object) -> None:
    for key, value in event.items():
        if key == "delta":
            body |= mapping(value)
        elif key == "usage":
            new = {name: count for name, count in mapping(value).items() if count is not None}
            body["usage"] = {**mapping(body.get("usage")), **new}
        elif key != "type":
            body[key] = value


def _growing(event: Object) -> list[Growing]:
    delta = event.get("delta")
    if event.get("type") != "content_block_delta" or not isinstance(delta, dict):
        return []
    fields = [field for field in _PIECES if isinstance(delta.get(field), str)]
    return [
        Growing(
            (event.get("index"), field),
            delta,
            field,
            lambda text, field=field: {**event, "delta": {**delta, field: text}},  # type: ignore[misc]
            field == "partial_json",
        )
        for field in fields
    ]


def _shuts(event: Object) -> bool:
    return event.get("type") in {"content_block_stop", "message_delta", "message_stop", "error"}


def _sealing(origin: str) -> Callable[[Object], list[Object]]:
    """Signed thinking goes back as it was signed, whatever words the caller has read."""
    block: Object = {}

    def seal(event: Object) -> list[Object]:
        delta, begun = mapping(event.get("delta")), event.get("content_block")
        if event.get("type") == "message":
            for whole in mappings(event.get("content")):
                if isinstance(whole, dict) and whole.get("type") == "thinking":
                    whole["signature"] = capsule.seal(origin, dump_text(whole))
        elif isinstance(begun, dict):
            block.clear()
            block.update(begun if begun.get("type") == "thinking" else {})
        elif block and delta.get("type") == "thinking_delta":
            _grow(block, delta)
        elif block and delta.get("type") == "signature_delta":
            _grow(block, delta)
            return []
        elif event.get("type") == "content_block_stop" and block.get("signature"):
            sealed = capsule.seal(origin, dump_text(block))
            signed = {"type": "signature_delta", "signature": sealed}
            block.clear()
            return [{**event, "type": "content_block_delta", "delta": signed}, event]
        return [event]

    return seal


def _fault(error: EdgeRouteError, _number: int, envelope: Envelope) -> list[bytes]:
    return [frame(encode_error(error, envelope.request_id))]


FRAMES: Final = FrameFormat(
    wire="anthropic-messages",
    named=True,
    patch=_patch,
    ends=lambda data: data is not None and data.get("type") == "message_stop",
    end=frame({"type": "message_stop"}),
    join=_join,
    patch_whole=under_our_name,
    fault=_fault,
    growing=_growing,
    shuts=_shuts,
    sealing=_sealing,
    idle=lambda *_: [PING],
)
