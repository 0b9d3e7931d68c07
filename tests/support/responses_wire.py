"""A managed API that speaks Responses, and what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from tests.support import replies
from tests.support.scripted_provider import Received, Reply

USAGE: dict[str, Any] = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 2,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 11,
}


def message(text: str, name: str = "msg_up") -> dict[str, Any]:
    """An output item with one text."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    content = [part]
    return {"id": name, "type": "message", "role": "assistant", "status": "completed",
            "content": content}  # fmt: skip


def call(name: str, arguments: str, number: int = 1) -> dict[str, Any]:
    """An output item that calls a function."""
    return {"id": f"fc_up{number}", "type": "function_call", "status": "completed",
            "call_id": f"call_up{number}", "name": name, "arguments": arguments}  # fmt: skip


def said(item: Any) -> str:
    """The text of an item of the input."""
    content = item.get("content", item.get("output", ""))
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def reply(
    request: Received, items: Sequence[dict[str, Any]], *cuts: int, brief: bool = False
) -> Reply:
    """The answer with ``items``, streamed where it was asked so, in pieces of ``cuts`` characters
    (default: in one). Where it is ``brief``, the last event does not repeat the items.
    """
    response: dict[str, Any] = {
        "id": f"resp_up{request.number}", "object": "response", "created_at": 1, "model": "up",
        "status": "completed", "output": [*items], "usage": USAGE, "store": False,
        "previous_response_id": None, "tools": [], "error": None,
    }  # fmt: skip
    if not request.json.get("stream"):
        return replies.json_body(response)
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    for index, item in enumerate(items):
        events += _item(item, {"item_id": item["id"], "output_index": index}, cuts)
    last = {**response, "output": []} if brief else response
    events.append({"type": "response.completed", "response": last})
    return replies.stream([
        replies.event(json.dumps({**event, "sequence_number": number}), event["type"])
        for number, event in enumerate(events)
    ])  # fmt: skip


def _item(item: dict[str, Any], at: dict[str, Any], cuts: Sequence[int]) -> list[dict[str, Any]]:
    index = at["output_index"]
    inner: list[dict[str, Any]] = []
    if item["type"] == "reasoning":
        empty = item
    elif item["type"] == "function_call":
        kind, text = "response.function_call_arguments", item["arguments"]
        inner = [{"type": f"{kind}.delta", **at, "delta": piece} for piece in _cut(text, cuts)]
        inner.append({"type": f"{kind}.done", **at, "arguments": text, "name": item["name"]})
        empty = {**item, "arguments": ""}
    else:
        (part,) = item["content"]
        at = {**at, "content_index": 0}
        kind, text = "response.output_text", part["text"]
        inner = [
            {"type": "response.content_part.added", **at, "part": {**part, "text": ""}},
            *({"type": f"{kind}.delta", **at, "delta": x, "logprobs": []}
              for x in _cut(text, cuts)),
            {"type": f"{kind}.done", **at, "text": text, "logprobs": []},
            {"type": "response.content_part.done", **at, "part": part},
        ]  # fmt: skip
        empty = {**item, "content": []}
    return [
        {"type": "response.output_item.added", "output_index": index,
         "item": {**empty, "status": "in_progress"}},
        *inner,
        {"type": "response.output_item.done", "output_index": index, "item": item},
    ]  # fmt: skip


def _cut(text: str, cuts: Sequence[int]) -> list[str]:
    places = [0, *cuts, len(text)]
    return [text[a:b] for a, b in pairwise(places)]


def counting(request: Received) -> Reply:
    """Answers the last thing that was said with its number, by the wire that it is asked on."""
    if request.path.endswith("/responses"):
        items = request.json["input"]
        text = f"Answer to {said(items[-1])}" if isinstance(items, list) else f"Answer to {items}"
        return reply(request, [message(text, f"msg_up{request.number}")])
    if request.method == "GET":
        return replies.answer(request, "")
    messages = request.json["messages"]
    return replies.answer(request, f"Answer to {said(messages[-1])}")


def heard(request: Received) -> list[str]:
    """Every text that a request brings, in order, on either wire."""
    body = request.json
    given = body.get("messages", body.get("input"))
    return [given] if isinstance(given, str) else [said(item) for item in given]


Behaviour = Callable[[Received], Reply]
