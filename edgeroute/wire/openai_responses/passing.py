"""Responses that pass as they are between a caller and a provider of this wire format."""

from __future__ import annotations

from typing import Final

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.request import ChatRequest
from edgeroute.wire.format import Envelope, Target
from edgeroute.wire.json_data import mapping, sequence, string
from edgeroute.wire.openai_responses.answer import as_bytes, failed, in_progress
from edgeroute.wire.same_wire import (
    FrameFormat,
    Growing,
    Object,
    may_replay,
    start_of,
    thinks,
    under_our_name,
)
from edgeroute.wire.schemas import name_properties

_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_PLACE: Final = ("output_index", "content_index", "summary_index")
_CALLED: Final = frozenset(
    {"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"}
)
_NUMBER: Final = "sequence_number"
# What the answer says of our own store, which its provider knows nothing of.
_OURS: Final = ("store", "previous_response_id")
_ENCRYPTED: Final = "reasoning.encrypted_content"


def encode_request(request: ChatRequest, target: Target) -> Object:
    """The caller's body, for the target's model. The provider stores nothing: who has not said so
    himself gets encrypted reasoning instead.
    """
    body = start_of(request, target, "user", "safety_identifier", "previous_response_id")
    if body.get("store") is not False:
        body["store"] = False
        included = list(sequence(body.get("include")))
        if "reasoning" in target.card.abilities and _ENCRYPTED not in included:
            body["include"] = [*included, _ENCRYPTED]
    name_properties(body, "parameters")
    if not target.stream:
        body.pop("stream_options", None)
    if not thinks(target):
        body.pop("reasoning", None)
    cached = target.cache and target.session_id and "cache_key" in target.card.abilities
    if cached and "prompt_cache_key" not in body:
        body["prompt_cache_key"] = target.session_id
    replay(body, target)
    return body


def replay(body: Object, target: Target) -> None:
    """Leave the reasoning of other models out of the input of ``body``."""
    items = body.get("input")
    if isinstance(items, list):
        body["input"] = [kept for item in items if (kept := _item(item, target)) is not None]


def _item(item: object, target: Target) -> object:
    """An item of the input; None for the reasoning of another model."""
    found = mapping(item)
    if found.get("type") != "reasoning":
        return item
    kept = may_replay(string(found.get("encrypted_content")), target)
    if isinstance(kept, dict):
        return kept if kept.get("type") == "reasoning" else None
    return item if kept and (found.get("encrypted_content") or target.own) else None


def _patch(event: Object, envelope: Envelope) -> bool:
    response = event.get("response")
    if not isinstance(response, dict):
        return False
    event["response"] = {**response}
    _under_our_name(event["response"], envelope)
    return True


def _under_our_name(body: Object, envelope: Envelope) -> None:
    under_our_name(body, envelope)
    body |= {name: envelope.echo[name] for name in _OURS if name in body and name in envelope.echo}


def _join(events: list[Object]) -> Object:
    ended = [event for event in events if event.get("type") in _ENDS]
    if not ended:
        return {}
    response = dict(mapping(ended[-1].get("response")))
    if not response.get("output"):  # some providers tell of the items in events of their own only
        done = [event for event in events if event.get("type") == "response.output_item.done"]
        response["output"] = [event.get("item") for event in sorted(done, key=_place)]
    return response


def _place(event: Object) -> int:
    index = event.get("output_index")
    return index if isinstance(index, int) else 0


def _growing(event: Object) -> list[Growing]:
    kind = string(event.get("type"))
    if not kind.endswith(".delta") or not isinstance(event.get("delta"), str):
        return []
    key = (kind, *(event.get(name) for name in _PLACE))
    alone = lambda text: {**event, "delta": text}  # noqa: E731
    return [Growing(key, event, "delta", alone, kind in _CALLED)]


def _shuts(event: Object) -> bool:
    kind = string(event.get("type"))
    return kind.endswith(".done") or kind in _ENDS or kind == "error"


def _fault(error: EdgeRouteError, number: int, envelope: Envelope) -> list[bytes]:
    return [as_bytes(failed(error, envelope) | {_NUMBER: number})]


def _idle(number: int, envelope: Envelope) -> list[bytes]:
    return [as_bytes(in_progress(envelope) | {_NUMBER: number})]


FRAMES: Final = FrameFormat(
    wire="openai-responses",
    named=True,
    patch=_patch,
    ends=lambda data: data is not None and data.get("type") in _ENDS,
    end=b"",
    join=_join,
    patch_whole=_under_our_name,
    fault=_fault,
    growing=_growing,
    shuts=_shuts,
    idle=_idle,
    opening="response.created",
    numbers=_NUMBER,
)
