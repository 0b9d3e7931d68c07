"""A scripted model that works as a coding agent's model does, on each of the three wires.

It goes by what it is shown: how many results have come says which step is next, and a step may
take words out of the results. What it is asked without tools, such as a title, it answers in words.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.support import replies
from tests.support.scripted_provider import Received, Reply

Call = tuple[str, Any]
"""A tool's name, and its arguments; a text is the input of a custom tool."""
Step = Callable[[Sequence[str]], Call]
"""The next call, by the results so far."""
_IDS = itertools.count(1)


def model(steps: Sequence[Step], last: str) -> Callable[[Received], Reply]:
    """Call the tools of ``steps`` one after the other, then say ``last``."""

    def behave(asked: Received) -> Reply:
        if asked.method == "GET" or not asked.json.get("tools"):
            return said(asked, "Invoices")
        shown = results(asked)
        if len(shown) < len(steps):
            return called(asked, *steps[len(shown)](shown))
        return said(asked, last)

    return behave


def results(asked: Received) -> list[str]:
    """What the tools gave, in order."""
    body = asked.json
    if asked.path.endswith("/responses"):
        items = [one for one in body["input"] if str(one.get("type")).endswith("_call_output")]
        return [_text(item["output"]) for item in items]
    if asked.path.endswith("/messages"):
        parts = [part for message in body["messages"] if isinstance(message["content"], list)
                 for part in message["content"] if part["type"] == "tool_result"]  # fmt: skip
        return [_text(part.get("content", "")) for part in parts]
    return [_text(one["content"]) for one in body["messages"] if one["role"] == "tool"]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


def said(asked: Received, text: str) -> Reply:
    """``text`` as an answer on the wire of the request."""
    if not asked.path.endswith("/responses"):
        return replies.answer(asked, text)
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": content}  # fmt: skip
    delta = {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0,
             "content_index": 0, "delta": text}  # fmt: skip
    return _response(asked, item, [delta])


def called(asked: Received, name: str, arguments: Any) -> Reply:
    """A streamed call of a tool, its arguments three letters at a time."""
    number = next(_IDS)
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    pieces = [written[at : at + 3] for at in range(0, len(written), 3)]
    if asked.path.endswith("/messages"):
        return _message(number, name, pieces)
    if asked.path.endswith("/responses"):
        custom = isinstance(arguments, str)
        item = {
            "id": f"item_{number}", "call_id": f"call_{number}", "name": name,
            "status": "completed",
            "type": "custom_tool_call" if custom else "function_call",
            "input" if custom else "arguments": written,
        }  # fmt: skip
        kind = "custom_tool_call_input" if custom else "function_call_arguments"
        return _response(asked, item, [
            {"type": f"response.{kind}.delta", "item_id": item["id"], "output_index": 0,
             "delta": piece} for piece in pieces])  # fmt: skip
    return _chat(number, name, pieces)


def _chat(number: int, name: str, pieces: Sequence[str]) -> Reply:
    base: dict[str, Any] = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
    }
    first = {"index": 0, "id": f"call_{number}", "type": "function",
             "function": {"name": name, "arguments": ""}}  # fmt: skip
    deltas: list[dict[str, Any]] = [{"role": "assistant", "tool_calls": [first]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    choices: list[dict[str, Any]] = [
        {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
    ]
    choices.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
    events = [replies.event(base | {"choices": [choice]}) for choice in choices]
    usage = replies.event(base | {"choices": [], "usage": replies.chat_usage(9)})
    return replies.stream([*events, usage, replies.DONE])


def _message(number: int, name: str, pieces: Sequence[str]) -> Reply:
    use = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}
    start: dict[str, Any] = {
        "id": f"msg_{number}", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }  # fmt: skip
    end = {"stop_reason": "tool_use", "stop_sequence": None}
    return replies.stream([
        _named("message_start", message=start),
        _named("content_block_start", index=0, content_block=use),
        *(_named("content_block_delta", index=0,
                 delta={"type": "input_json_delta", "partial_json": piece}) for piece in pieces),
        _named("content_block_stop", index=0),
        _named("message_delta", delta=end, usage={"output_tokens": 9}),
        _named("message_stop"),
    ])  # fmt: skip


def _response(
    asked: Received, item: Mapping[str, Any], deltas: Sequence[Mapping[str, Any]]
) -> Reply:
    made = {"id": f"resp_{next(_IDS)}", "object": "response", "created_at": 1,
            "status": "in_progress", "model": asked.json["model"], "output": []}  # fmt: skip
    usage = {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 9,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 18}  # fmt: skip
    done = made | {"status": "completed", "output": [item], "usage": usage}
    empty = {key: "" if key in {"input", "arguments"} else value for key, value in item.items()}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": made},
        {"type": "response.output_item.added", "output_index": 0,
         "item": empty | {"status": "in_progress"}},
        *({**delta} for delta in deltas),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": done},
    ]  # fmt: skip
    return replies.stream([
        replies.event(event | {"sequence_number": number}, event["type"])
        for number, event in enumerate(events)
    ])  # fmt: skip


def _named(kind: str, **fields: Any) -> bytes:
    return replies.event({"type": kind, **fields}, kind)
