"""What providers of every wire format stream for the same answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Call = tuple[str, str, Sequence[str]]  # id, name, pieces of the arguments


@dataclass(frozen=True)
class Said:
    """An answer in pieces. ``interleaved`` tells the pieces of all calls in turns."""

    text: Sequence[str] = ()
    thinking: Sequence[str] = ()
    calls: Sequence[Call] = ()
    interleaved: bool = False
    finish: str = "stop"
    error: str = ""


def stream_of(wire: str, said: Said) -> bytes:
    """The bytes of ``said`` by a provider of ``wire``, with 11 tokens in and 7 out."""
    return "".join(_WRITERS[wire](said)).encode()


def _data(body: Any, name: str = "") -> str:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(body)}\n\n"  # signs beyond ASCII are written as escapes


def _pieces(said: Said) -> Iterator[tuple[int, Call | None, str]]:
    """Number, head (first piece only) and arguments of every piece of the calls."""
    if not said.interleaved:
        for number, call in enumerate(said.calls):
            yield number, call, ""
            yield from ((number, None, piece) for piece in call[2])
        return
    yield from ((number, call, "") for number, call in enumerate(said.calls))
    for place in range(max(len(call[2]) for call in said.calls)):
        for number, call in enumerate(said.calls):
            if place < len(call[2]):
                yield number, None, call[2][place]


def _chat(said: Said) -> Iterator[str]:
    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _data({"id": "c", "model": "m", "choices": [choice]})

    yield from (chunk({"reasoning_content": piece}) for piece in said.thinking)
    yield from (chunk({"content": piece}) for piece in said.text)
    for number, head, piece in _pieces(said):
        call: dict[str, Any] = {"index": number, "function": {"arguments": piece}}
        if head:
            call |= {"id": head[0], "type": "function"}
            call["function"]["name"] = head[1]
        yield chunk({"tool_calls": [call]})
    if said.error:
        yield _data({"error": {"message": "broken", "type": said.error, "code": said.error}})
        return
    yield chunk({}, {"stop": "tool_calls" if said.calls else "stop"}.get(said.finish, said.finish))
    yield _data({"id": "c", "choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}})
    yield "data: [DONE]\n\n"


def _messages(said: Said) -> Iterator[str]:
    number = 0

    def event(kind: str, **fields: Any) -> str:
        return _data({"type": kind, **fields}, kind)

    def block(start: dict[str, Any], deltas: Sequence[dict[str, Any]]) -> Iterator[str]:
        nonlocal number
        yield event("content_block_start", index=number, content_block=start)
        yield from (event("content_block_delta", index=number, delta=delta) for delta in deltas)
        yield event("content_block_stop", index=number)
        number += 1

    usage = {"input_tokens": 11, "output_tokens": 1}
    yield event("message_start", message={"id": "m", "model": "m", "usage": usage})
    if said.thinking:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in said.thinking]
        yield from block({"type": "thinking", "thinking": ""}, deltas)
    if said.text:
        texts = [{"type": "text_delta", "text": piece} for piece in said.text]
        yield from block({"type": "text", "text": ""}, texts)
    for each, name, pieces in said.calls:
        start = {"type": "tool_use", "id": each, "name": name, "input": {}}
        more = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        yield from block(start, more)
    if said.error:
        yield event("error", error={"type": said.error, "message": "broken"})
        return
    names = {"stop": "tool_use" if said.calls else "end_turn", "length": "max_tokens"}
    delta = {"stop_reason": names[said.finish], "stop_sequence": None}
    yield event("message_delta", delta=delta, usage={"output_tokens": 7})
    yield event("message_stop")


def _responses(said: Said) -> Iterator[str]:
    items = 0

    def event(kind: str, **fields: Any) -> str:
        return _data({"type": f"response.{kind}", **fields}, f"response.{kind}")

    yield event("created", response={"id": "r", "model": "m"})
    if said.thinking:
        item = {"type": "reasoning", "id": "rs", "summary": []}
        yield event("output_item.added", output_index=items, item=item)
        for piece in said.thinking:
            yield event("reasoning_summary_text.delta", output_index=items, delta=piece)
        yield event("output_item.done", output_index=items, item=item)
        items += 1
    if said.text:
        item = {"type": "message", "id": "msg", "content": []}
        yield event("output_item.added", output_index=items, item=item)
        for piece in said.text:
            yield event("output_text.delta", output_index=items, delta=piece)
        yield event("output_item.done", output_index=items, item=item)
        items += 1
    whole: dict[int, str] = {}
    for number, head, piece in _pieces(said):
        if head:
            item = {"type": "function_call", "call_id": head[0], "name": head[1], "arguments": ""}
            yield event("output_item.added", output_index=items + number, item=item)
        elif piece:
            place = {"output_index": items + number}
            yield event("function_call_arguments.delta", **place, delta=piece)
        whole[number] = whole.get(number, "") + piece
    for number, (each, name, _) in enumerate(said.calls):
        item = {"type": "function_call", "call_id": each, "name": name}
        done = item | {"arguments": whole[number]}
        yield event("output_item.done", output_index=items + number, item=done)
    if said.error:
        failed = {"status": "failed", "error": {"code": said.error, "message": "broken"}}
        yield event("failed", response=failed)
        return
    usage = {"input_tokens": 11, "output_tokens": 7}
    status = {"stop": "completed", "length": "incomplete"}[said.finish]
    details = {"reason": "max_output_tokens"} if said.finish == "length" else None
    response = {"status": status, "usage": usage, "incomplete_details": details}
    yield event(status, response=response)


_WRITERS: Mapping[str, Callable[[Said], Iterator[str]]] = {
    "openai-chat": _chat,
    "anthropic-messages": _messages,
    "openai-responses": _responses,
}
