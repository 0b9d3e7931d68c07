"""What providers accept, by their documentation: every breach of a body, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Body = Mapping[str, Any]
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_REFUSED = {"anyOf", "oneOf", "allOf", "enum", "not", "$ref"}


def problems(wire: str, body: Body) -> list[str]:
    """What a provider of ``wire`` would refuse in ``body``; ``local`` and ``gemini`` are kinds of
    chat completions.
    """
    checks = {
        "openai-chat": _chat,
        "gemini": _gemini,
        "local": _local,
        "openai-responses": _responses,
        "anthropic-messages": _messages,
    }
    return list(checks[wire](body))


def calls_of(wire: str, body: Body) -> list[tuple[str, str, str]]:
    """The id, name and arguments of every call in the history, in order."""
    if wire == "openai-responses":
        return [
            (item["call_id"], item["name"], item["arguments"])
            for item in body["input"]
            if item["type"] == "function_call"
        ]
    if wire == "anthropic-messages":
        blocks = [block for message in body["messages"] for block in message["content"]]
        return [
            (block["id"], block["name"], json.dumps(block["input"], ensure_ascii=False))
            for block in blocks
            if block["type"] == "tool_use"
        ]
    return [
        (call["id"], call["function"]["name"], call["function"]["arguments"])
        for message in body["messages"]
        for call in message.get("tool_calls", ())
    ]


def results_of(wire: str, body: Body) -> list[tuple[str, str]]:
    """The call's id and the text of every result, in order."""
    if wire == "openai-responses":
        return [
            (item["call_id"], item["output"])
            for item in body["input"]
            if item["type"] == "function_call_output"
        ]
    if wire == "anthropic-messages":
        blocks = [block for message in body["messages"] for block in message["content"]]
        return [
            (block["tool_use_id"], "".join(part["text"] for part in block.get("content", ())))
            for block in blocks
            if block["type"] == "tool_result"
        ]
    return [(m["tool_call_id"], m["content"]) for m in body["messages"] if m["role"] == "tool"]


def _pairs(turns: Sequence[tuple[list[str], list[str]]], most: int) -> Iterator[str]:
    """Calls and the results that follow them; each id once, within ``most`` characters."""
    ids = [each for calls, _ in turns for each in calls]
    if len(set(ids)) < len(ids):
        yield f"an id comes twice: {ids}"
    for each in ids:
        if not _ID.fullmatch(each) or len(each) > most:
            yield f"the id {each!r}"
    for calls, results in turns:
        if sorted(calls) != sorted(results):
            yield f"calls {calls} have the results {results}"


def _tools(named: Sequence[tuple[str, Any]]) -> Iterator[str]:
    names = [name for name, _ in named]
    if len(set(names)) < len(names):
        yield f"a tool comes twice: {names}"
    for name, schema in named:
        if not _NAME.fullmatch(name):
            yield f"the tool {name!r}"
        if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
            yield f"the schema {schema}"
        if _REFUSED & schema.keys():
            yield f"the schema {schema}"
        if not set(schema.get("required", ())) <= schema["properties"].keys():
            yield f"the schema {schema}"


def _object(arguments: Any) -> Iterator[str]:
    try:
        value = json.loads(arguments)
    except (TypeError, ValueError):
        value = None
    if not isinstance(value, dict):
        yield f"the arguments {arguments!r}"


def _chosen(choice: Any, names: list[str]) -> Iterator[str]:
    if isinstance(choice, dict):
        name = choice.get("name") or choice.get("function", {}).get("name")
        if name is not None and name not in names:
            yield f"the choice of {name}"


def _chat(body: Body, most: int = 40) -> Iterator[str]:
    messages, turns = body["messages"], list[tuple[list[str], list[str]]]()
    if not any(message["role"] == "user" for message in messages):
        yield "no user"
    for position, message in enumerate(messages):
        content, calls = message.get("content"), message.get("tool_calls", [])
        if message["role"] == "tool":
            if messages[position - 1]["role"] != "tool" and not messages[position - 1].get(
                "tool_calls"
            ):
                yield "a result without a call before it"
            if not turns:
                turns.append(([], []))
            turns[-1][1].append(message["tool_call_id"])
            continue
        if not calls and not (content if isinstance(content, list) else (content or "").strip()):
            yield f"an empty turn of {message['role']}"
        if "tool_calls" in message:
            turns.append(([call["id"] for call in calls], []))
        for call in calls:
            if not _NAME.fullmatch(call["function"]["name"]) and most < 999:
                yield f"the call of {call['function']['name']!r}"
            yield from _object(call["function"]["arguments"])
    yield from _pairs(turns, most)
    named = [(t["function"]["name"], t["function"]["parameters"]) for t in body.get("tools", ())]
    yield from _tools(named) if most < 999 else ()
    yield from _chosen(body.get("tool_choice"), [name for name, _ in named])
    if len(body.get("stop", ())) > 4:
        yield "too many stop sequences"


def _gemini(body: Body) -> Iterator[str]:
    yield from _chat(body)
    for message in body["messages"]:
        for call in message.get("tool_calls", ())[:1]:
            if not call.get("extra_content", {}).get("google", {}).get("thought_signature"):
                yield "a call without a signature"


def _local(body: Body) -> Iterator[str]:
    yield from _chat(body, most=999)
    roles = [message["role"] for message in body["messages"]]
    if "system" in roles[1:]:
        yield "a system message that is not the first"


def _responses(body: Body) -> Iterator[str]:
    turns = list[tuple[list[str], list[str]]]()
    if not body["input"]:
        yield "no input"
    for item in body["input"]:
        if item["type"] == "function_call":
            if not turns or turns[-1][1]:
                turns.append(([], []))
            turns[-1][0].append(item["call_id"])
            if not _NAME.fullmatch(item["name"]):
                yield f"the call of {item['name']!r}"
            yield from _object(item["arguments"])
        elif item["type"] == "function_call_output":
            if not turns:
                turns.append(([], []))
            turns[-1][1].append(item["call_id"])
        elif item["type"] == "message" and not any(
            part.get("text", "x").strip() for part in item["content"]
        ):
            yield "an empty message"
    yield from _pairs(turns, 64)
    named = [(tool["name"], tool["parameters"]) for tool in body.get("tools", ())]
    yield from _tools(named)
    yield from _chosen(body.get("tool_choice"), [name for name, _ in named])
    yield from (f"the field {name}" for name in ("stop", "seed", "messages") if name in body)


def _messages(body: Body) -> Iterator[str]:
    messages = body["messages"]
    roles = [message["role"] for message in messages]
    if not roles or roles[0] != "user" or any(one == other for one, other in pairwise(roles)):
        yield f"the roles {roles}"
    turns, waiting = list[tuple[list[str], list[str]]](), False
    for message in messages:
        kinds = [block["type"] for block in message["content"]]
        results = [b["tool_use_id"] for b in message["content"] if b["type"] == "tool_result"]
        if results and ("tool_result" in kinds[len(results) :] or not waiting):
            yield f"results not right behind their calls: {kinds}"
        if waiting or results:
            if not turns:
                turns.append(([], []))
            turns[-1][1].extend(results)
        calls = [block for block in message["content"] if block["type"] == "tool_use"]
        if calls:
            turns.append(([call["id"] for call in calls], []))
        waiting = bool(calls)
        for block in message["content"]:
            if block["type"] == "text" and not block["text"].strip():
                yield "a blank text"
            if block["type"] == "tool_use" and not _NAME.fullmatch(block["name"]):
                yield f"the call of {block['name']!r}"
    yield from _pairs(turns, 64)
    last = messages[-1]["content"][-1] if messages else {}
    if roles[-1:] == ["assistant"] and last.get("text", "x") != last.get("text", "x").rstrip():
        yield "white space at the end of a prefill"
    named = [(tool["name"], tool["input_schema"]) for tool in body.get("tools", ())]
    yield from _tools(named)
    yield from _chosen(body.get("tool_choice"), [name for name, _ in named])
    if turns and not named:
        yield "calls and no tools"
    yield from _drawn(body, roles)


def _drawn(body: Body, roles: list[str]) -> Iterator[str]:
    thinking = body.get("thinking", {})
    thinks = thinking.get("type") in {"adaptive", "enabled"}
    if thinks and body.get("tool_choice", {}).get("type") in {"any", "tool"}:
        yield "thinking with a forced tool"
    if thinks and (body.get("temperature", 1) != 1 or roles[-1:] == ["assistant"]):
        yield "thinking with a temperature or a prefill"
    if thinking.get("budget_tokens", 0) >= body["max_tokens"]:
        yield "a budget above the limit"
    if body.get("temperature", 0) > 1 or {"temperature", "top_p"} <= body.keys():
        yield "the temperature"
    if any(not stop.strip() for stop in body.get("stop_sequences", ())):
        yield "a blank stop sequence"
