"""Responses that are kept: their items as input again, in lists, and as a stream once more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from edgeroute.wire import capsule
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import Json, dump_text, load_object, mapping, mappings, string
from edgeroute.wire.openai_responses.answer import as_bytes

ID_PREFIX: Final = "resp_"
# What an answer repeats of its request.
_ECHOED: Final = (
    "instructions", "max_output_tokens", "metadata", "parallel_tool_calls", "previous_response_id",
    "reasoning", "temperature", "text", "tool_choice", "tools", "top_p", "truncation",
)  # fmt: skip
_ID_KINDS: Final = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
}
_INPUT_ID: Final = re.compile(r"[a-z]{2,4}_([0-9a-z]{1,64})_i(\d{1,6})", re.ASCII)
_ENDS: Final = frozenset({"response.completed", "response.incomplete"})


class InputPlace(NamedTuple):
    """Which item of which response's input an id names."""

    response: str
    place: int


def own_input(body: Json) -> list[Any]:
    """The items that come with a request itself.

    Raises:
        WireError: there are none.
    """
    given = body.get("input")
    if isinstance(given, str) and given:
        return [{"type": "message", "role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        raise WireError("input must be a text or a list with at least one item.")
    return given


def sealed(items: Sequence[Any], origin: str) -> list[Any]:
    """``items`` of an answer of the model of ``origin`` as input: no other model gets its thoughts.

    What is sealed holds nothing that can be read, so that nothing in it would need a mask.
    """
    return [_sealed(mapping(item), origin) or item for item in items]


def _sealed(item: Json, origin: str) -> Json | None:
    thought = string(item.get("encrypted_content"))
    if item.get("type") != "reasoning" or not thought or capsule.unseal(thought):
        return None
    bare: Json = {
        "type": "reasoning",
        "id": item.get("id"),
        "summary": [],
        "encrypted_content": thought,
    }
    own = capsule.seal(origin, dump_text(bare))
    return {**item, "encrypted_content": own} if own else None


def referred(item: object) -> str:
    """The id of the stored item that ``item`` stands for; empty where it is an item itself."""
    found = mapping(item)
    named = found.get("type", "item_reference") == "item_reference" and "role" not in found
    return string(found.get("id")) if named else ""


def input_place(name: str) -> InputPlace | None:
    """What the id of an input item says, if ``listed`` has made it."""
    found = _INPUT_ID.fullmatch(name)
    return InputPlace(ID_PREFIX + found[1], int(found[2])) if found else None


def listed(response: str, items: Sequence[Any]) -> list[Json]:
    """The input of ``response`` as a client reads it: every item with an id."""
    base = response.removeprefix(ID_PREFIX)
    shown: list[Json] = []
    for place, item in enumerate(items):
        found = {"type": "message", **mapping(item)}
        prefix = _ID_KINDS.get(string(found["type"]), "item")
        if found["type"] == "message":
            found = {"status": "completed", **found, "content": _parts(found)}
        shown.append({"id": f"{prefix}_{base}_i{place}", **found})
    return shown


def _parts(message: Json) -> Any:
    content = message.get("content")
    if not isinstance(content, str):
        return content
    kind = "output_text" if message.get("role") == "assistant" else "input_text"
    return [{"type": kind, "text": content}]


def echo(body: Json, *, kept: bool) -> dict[str, Any]:
    """What the answer to ``body`` repeats of it, and whether it is ``kept``."""
    said = {name: body[name] for name in _ECHOED if body.get(name) is not None}
    return said | {"store": kept}


def ended(stream: bytes) -> Mapping[str, Any] | None:
    """The response in the last event of ``stream``, if that ends it well."""
    try:
        event = load_object(stream.rstrip().rpartition(b"\ndata: ")[2])
    except WireError:
        return None
    return mapping(event.get("response")) if event.get("type") in _ENDS else None


def replayed(body: Json, after: int = -1) -> Iterator[bytes]:
    """The events of a stored answer; only those with numbers beyond ``after``."""
    for number, event in enumerate(_events(body)):
        if number > after:
            yield as_bytes({**event, "sequence_number": number})


def _events(body: Json) -> Iterator[dict[str, Any]]:
    begun = {**body, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(mappings(body.get("output"))):
        empty = {**item, **{name: value for name, value in _EMPTY.items() if name in item}}
        yield {"type": "response.output_item.added", "output_index": index, "item": empty}
        place = {"item_id": item.get("id"), "output_index": index}
        for event in _item_events(item):
            yield {"type": event.pop("type"), **place, **event}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{body.get('status', 'completed')}", "response": body}


_EMPTY: Final = {
    "status": "in_progress", "content": [], "summary": [], "arguments": "", "input": "",
}  # fmt: skip


def _item_events(item: Json) -> Iterator[dict[str, Any]]:
    match item.get("type"):
        case "message":
            for number, part in enumerate(mappings(item.get("content"))):
                yield from _part_events(number, part)
        case "reasoning":
            for number, part in enumerate(mappings(item.get("summary"))):
                kind, text = "response.reasoning_summary", string(part.get("text"))
                at = {"summary_index": number}
                yield {"type": f"{kind}_part.added", **at, "part": {**part, "text": ""}}
                yield {"type": f"{kind}_text.delta", **at, "delta": text}
                yield {"type": f"{kind}_text.done", **at, "text": text}
                yield {"type": f"{kind}_part.done", **at, "part": part}
        case "function_call":
            kind, text = "response.function_call_arguments", string(item.get("arguments"))
            yield {"type": f"{kind}.delta", "delta": text}
            yield {"type": f"{kind}.done", "arguments": text}
        case "custom_tool_call":
            kind, text = "response.custom_tool_call_input", string(item.get("input"))
            yield {"type": f"{kind}.delta", "delta": text}
            yield {"type": f"{kind}.done", "input": text}


def _part_events(number: int, part: Json) -> Iterator[dict[str, Any]]:
    at = {"content_index": number}
    name = "refusal" if part.get("type") == "refusal" else "text"
    kind = "response.refusal" if name == "refusal" else "response.output_text"
    more: dict[str, Any] = {} if name == "refusal" else {"logprobs": []}
    text = string(part.get(name))
    yield {"type": "response.content_part.added", **at, "part": {**part, name: ""}}
    yield {"type": f"{kind}.delta", **at, "delta": text, **more}
    yield {"type": f"{kind}.done", **at, name: text, **more}
    yield {"type": "response.content_part.done", **at, "part": part}
