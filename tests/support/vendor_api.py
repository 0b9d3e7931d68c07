"""A scripted vendor that answers all three wires as the real ones do, whole or streamed.

It goes by the request alone, so that the same question gets the same answer whoever sends it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support import replies
from tests.support.scripted_provider import Received, Reply

TEXT = "It is out."
THOUGHT = "Let me see."
SIGNATURE = "EqQBCg9" * 20
SEALED = "gAAAAAB" * 20
TOKEN = {"token": "It", "logprob": -0.25, "bytes": [73, 116], "top_logprobs": []}
CITATION = {"type": "char_location", "cited_text": "out", "document_index": 0,
            "document_title": "News", "start_char_index": 0, "end_char_index": 3}  # fmt: skip
REFUSALS: dict[str, tuple[int, str, str]] = {
    "Ask too often.": (429, "rate_limit_error", "rate_limit_exceeded"),
    "Ask too much.": (400, "invalid_request_error", "context_length_exceeded"),
    "Ask the forbidden.": (400, "invalid_request_error", "content_filter"),
    "Ask nonsense.": (422, "invalid_request_error", "invalid_value"),
}
"""What the last words of a user are answered with, instead of an answer."""
Json = dict[str, Any]


def behave(asked: Received) -> Reply:
    """The vendor's reply."""
    if asked.method != "POST":
        return replies.error(404, "not_found")
    body = asked.json
    refusal = next((one for words, one in REFUSALS.items() if words in json.dumps(body)), None)
    if asked.path.endswith("/messages"):
        return _refused_message(*refusal) if refusal else _message(body)
    if refusal:
        return replies.error(refusal[0], refusal[2], kind=refusal[1], message="No.")
    if asked.path.endswith("/responses"):
        return _response(body)
    return _chat(body)


def _refused_message(status: int, kind: str, code: str) -> Reply:
    long = "prompt is too long: 9 tokens > 8 maximum"
    error = {"type": kind, "message": long if code == "context_length_exceeded" else "No."}
    return replies.json_body({"type": "error", "error": error, "request_id": "req_up"}, status)


def value_of(schema: Mapping[str, Any]) -> Any:
    """A value that a JSON schema allows."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return value_of(schema["anyOf"][0])
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: value_of(one) for name, one in schema.get("properties", {}).items()}
    return {
        "string": "Paris 你好 こんにちは",
        "integer": 3,
        "number": 1.5,
        "boolean": True,
        "array": [],
    }[kind]


def _called(body: Json) -> list[tuple[str, Json]]:
    """The tools to call with their arguments: all that there are, unless results have come."""
    shown = json.dumps(body.get("messages") or body.get("input") or "")
    done = any(mark in shown for mark in ('"tool"', "tool_result", "function_call_output"))
    if done or body.get("tool_choice") in ("none", {"type": "none"}):
        return []
    tools = (one.get("function", one) for one in body.get("tools", ()))
    schemas = ((one.get("name"), one.get("parameters") or one.get("input_schema"))
               for one in tools)  # fmt: skip
    return [(name, value_of(schema)) for name, schema in schemas if name and schema]


def _text(body: Json) -> str:
    asked: Any = body.get("response_format") or (body.get("text") or {}).get("format")
    asked = asked or (body.get("output_config") or {}).get("format") or body.get("output_format")
    if not asked or asked.get("type") == "text":
        return TEXT
    schema = asked.get("schema") or (asked.get("json_schema") or {}).get("schema") or {}
    return json.dumps(value_of(schema))


def _pieces(text: str) -> list[str]:
    return [text[at : at + 4] for at in range(0, len(text), 4)]


def _chat(body: Json) -> Reply:
    head = {"id": "chatcmpl-up", "created": 1, "model": "up", "service_tier": "default",
            "system_fingerprint": "fp_up"}  # fmt: skip
    usage = replies.chat_usage(7)
    calls: list[Json] = [{"index": at, "id": f"call_{at}", "type": "function",
              "function": {"name": name, "arguments": json.dumps(given)}}
             for at, (name, given) in enumerate(_called(body))]  # fmt: skip
    finish = "tool_calls" if calls else "stop"
    logprobs = {"content": [TOKEN], "refusal": None} if body.get("logprobs") else None
    numbers = range(body.get("n") or 1)
    if not body.get("stream"):
        message: Json = {"role": "assistant", "content": None if calls else _text(body),
                         "refusal": None, "annotations": []}  # fmt: skip
        if calls:
            message["tool_calls"] = [{k: v for k, v in one.items() if k != "index"}
                                     for one in calls]  # fmt: skip
        choices = [{"index": at, "message": message, "logprobs": logprobs,
                    "finish_reason": finish} for at in numbers]  # fmt: skip
        return replies.json_body(
            {**head, "object": "chat.completion", "choices": choices, "usage": usage}
        )
    events = []

    def tell(number: int, delta: Json, finish: str | None = None, **more: Any) -> None:
        choice = {"index": number, "delta": delta, "finish_reason": finish, **more}
        events.append({**head, "object": "chat.completion.chunk", "choices": [choice]})

    for at in numbers:
        tell(at, {"role": "assistant", "content": None if calls else "", "refusal": None})
        for piece in () if calls else _pieces(_text(body)):
            more: Json = {"logprobs": logprobs} if logprobs else {}
            tell(at, {"content": piece}, **more)
            logprobs = None if not logprobs else {"content": [], "refusal": None}
        for call in calls:
            written = call["function"]["arguments"]
            tell(at, {"tool_calls": [{**call, "function": {**call["function"], "arguments": ""}}]})
            for piece in _pieces(written):
                told = {"index": call["index"], "function": {"arguments": piece}}
                tell(at, {"tool_calls": [told]})
        tell(at, {}, finish)
    if (body.get("stream_options") or {}).get("include_usage"):
        last = {**head, "object": "chat.completion.chunk", "choices": [], "usage": usage}
        events.append(last)
    return replies.stream([*map(replies.event, events), replies.DONE])


def _blocks(body: Json) -> list[Json]:
    blocks: list[Json] = []
    if (body.get("thinking") or {}).get("type") in {"enabled", "adaptive"}:
        blocks.append({"type": "thinking", "thinking": THOUGHT, "signature": SIGNATURE})
    calls = [{"type": "tool_use", "id": f"toolu_{at}", "name": name, "input": given}
             for at, (name, given) in enumerate(_called(body))]  # fmt: skip
    if calls:
        return blocks + calls
    cited = '"citations": {"enabled": true}' in json.dumps(body)
    said = {"type": "text", "text": _text(body)}
    return [*blocks, {**said, "citations": [CITATION]} if cited else said]


def _message(body: Json) -> Reply:
    blocks = _blocks(body)
    stop = (body.get("stop_sequences") or [None])[0]
    reason = "stop_sequence" if stop else "end_turn"
    reason = "tool_use" if blocks[-1]["type"] == "tool_use" else reason
    end: Json = {"stop_reason": reason, "stop_sequence": stop}
    usage: Json = {"input_tokens": 9, "cache_creation_input_tokens": 0,
                   "cache_read_input_tokens": 4, "output_tokens": 1,
                   "service_tier": "standard"}  # fmt: skip
    head: Json = {"id": "msg_up", "type": "message", "role": "assistant", "model": "up"}
    if not body.get("stream"):
        counted = {**usage, "output_tokens": 7}
        return replies.json_body({**head, "content": blocks, **end, "usage": counted})
    start = {**head, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    events: list[Json] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for at, block in enumerate(blocks):
        events += [{**event, "index": at} for event in _grown(block)]
    events += [{"type": "message_delta", "delta": end, "usage": {"output_tokens": 7}},
               {"type": "message_stop"}]  # fmt: skip
    return replies.stream([replies.event(one, one["type"]) for one in events])


def _grown(block: Json) -> list[Json]:
    """The events of a block."""
    empty: Json
    deltas: list[Json]
    match block["type"]:
        case "thinking":
            empty = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": THOUGHT},
                      {"type": "signature_delta", "signature": SIGNATURE}]  # fmt: skip
        case "tool_use":
            empty = {**block, "input": {}}
            deltas = [{"type": "input_json_delta", "partial_json": piece}
                      for piece in _pieces(json.dumps(block["input"]))]  # fmt: skip
        case _:
            empty = {"type": "text", "text": ""}
            if "citations" in block:
                empty["citations"] = []
            deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
            deltas += [{"type": "citations_delta", "citation": one}
                       for one in block.get("citations", ())]  # fmt: skip
    return [
        {"type": "content_block_start", "content_block": empty},
        *({"type": "content_block_delta", "delta": one} for one in deltas),
        {"type": "content_block_stop"},
    ]


def _items(body: Json) -> list[Json]:
    items: list[Json] = []
    if body.get("reasoning"):
        items.append({"id": "rs_up", "type": "reasoning", "summary": [
            {"type": "summary_text", "text": THOUGHT}], "encrypted_content": SEALED})  # fmt: skip
    calls = [{"id": f"fc_{at}", "type": "function_call", "call_id": f"call_{at}", "name": name,
              "arguments": json.dumps(given), "status": "completed"}
             for at, (name, given) in enumerate(_called(body))]  # fmt: skip
    part: Json = {"type": "output_text", "text": _text(body), "annotations": [], "logprobs": []}
    said: Json = {"id": "msg_up", "type": "message", "role": "assistant", "status": "completed",
            "content": [part]}  # fmt: skip
    return items + (calls or [said])


def _response(body: Json) -> Reply:
    items = _items(body)
    defaults: Json = {
        "instructions": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0, "tools": [],
        "tool_choice": "auto", "parallel_tool_calls": True, "max_output_tokens": None,
        "previous_response_id": None, "truncation": "disabled", "text": {
            "format": {"type": "text"}}}  # fmt: skip
    repeated = {name: body.get(name, default) for name, default in defaults.items()}
    head: Json = {"id": "resp_up", "object": "response", "created_at": 1, "model": "up",
                  "error": None, "incomplete_details": None, **repeated}  # fmt: skip
    usage = {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 7,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 16}  # fmt: skip
    whole = {**head, "status": "completed", "output": items, "usage": usage}
    if not body.get("stream"):
        return replies.json_body(whole)
    begun = {**head, "status": "in_progress", "output": [], "usage": None}
    events: list[Json] = [{"type": "response.created", "response": begun},
                          {"type": "response.in_progress", "response": begun}]  # fmt: skip
    for at, item in enumerate(items):
        events += [{**one, "output_index": at} for one in _unfolded(item)]
    events.append({"type": "response.completed", "response": whole})
    numbered = [{**one, "sequence_number": at} for at, one in enumerate(events)]
    return replies.stream([replies.event(one, one["type"]) for one in numbered])


def _unfolded(item: Json) -> list[Json]:
    """The events of an item."""
    inner: list[Json]
    place = {"item_id": item["id"]}
    match item["type"]:
        case "message":
            text = item["content"][0]["text"]
            empty = {**item, "status": "in_progress", "content": []}
            at = {**place, "content_index": 0}
            part = {**item["content"][0], "text": ""}
            inner = [{"type": "response.content_part.added", **at, "part": part}]
            inner += [{"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
                      for piece in _pieces(text)]  # fmt: skip
            inner += [
                {"type": "response.output_text.done", **at, "text": text, "logprobs": []},
                {"type": "response.content_part.done", **at, "part": item["content"][0]},
            ]
        case "function_call":
            written = item["arguments"]
            empty = {**item, "status": "in_progress", "arguments": ""}
            kind = "response.function_call_arguments"
            inner = [{"type": f"{kind}.delta", **place, "delta": one} for one in _pieces(written)]
            inner.append({"type": f"{kind}.done", **place, "arguments": written,
                          "name": item["name"]})  # fmt: skip
        case _:
            empty = {**item, "summary": []}
            at = {**place, "summary_index": 0}
            kind = "response.reasoning_summary"
            part = {"type": "summary_text", "text": ""}
            inner = [
                {"type": f"{kind}_part.added", **at, "part": part},
                {"type": f"{kind}_text.delta", **at, "delta": THOUGHT},
                {"type": f"{kind}_text.done", **at, "text": THOUGHT},
                {"type": f"{kind}_part.done", **at, "part": item["summary"][0]},
            ]
    return [
        {"type": "response.output_item.added", "item": empty},
        *inner,
        {"type": "response.output_item.done", "item": item},
    ]
