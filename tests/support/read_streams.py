"""What clients of every wire format make of a stream, and strictly: every index must be right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeroute.wire.sse import SseParser


@dataclass
class Heard:
    """What was said in one stream."""

    text: str = ""
    thinking: str = ""
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    finish: str = ""
    stop: str | None = None
    tokens: tuple[int, int] = (0, 0)
    error: str = ""
    sealed: list[str] = field(default_factory=list)


def heard(caller: str, data: bytes) -> Heard:
    """What a client of the format ``caller`` reads in ``data``."""
    if caller == "ollama":
        return _ollama([json.loads(line) for line in data.splitlines()])
    events = SseParser().feed(data)
    bodies = [json.loads(event.data) for event in events if event.data != "[DONE]"]
    if caller == "openai-chat":
        assert events[-1].data == "[DONE]"
        return _chat(bodies)
    assert [event.event for event in events] == [body["type"] for body in bodies]
    return _messages(bodies) if caller == "anthropic-messages" else _responses(bodies)


def _chat(chunks: list[dict[str, Any]]) -> Heard:
    found = Heard()
    calls: list[list[str]] = []
    for chunk in chunks:
        if "error" in chunk:
            found.error = chunk["error"]["type"]
            continue
        if chunk.get("usage"):
            used = chunk["usage"]
            found.tokens = (used["prompt_tokens"], used["completion_tokens"])
        for choice in chunk["choices"]:
            assert choice["index"] == 0
            delta = choice["delta"]
            found.text += delta.get("content") or ""
            found.thinking += delta.get("reasoning_content") or ""
            found.finish = choice["finish_reason"] or found.finish
            found.sealed += [each["data"] for each in delta.get("reasoning_details", ())]
            for call in delta.get("tool_calls", ()):
                if call["index"] == len(calls):
                    assert call["id"]
                    calls.append([call["id"], call["function"]["name"], ""])
                calls[call["index"]][2] += call["function"]["arguments"]
    found.calls = [(call[0], call[1], call[2]) for call in calls]
    return found


def _messages(events: list[dict[str, Any]]) -> Heard:
    found, opened = Heard(), dict[int, dict[str, Any]]()
    current = -1
    for event in events:
        match event["type"]:
            case "content_block_start":
                assert current == -1
                current = event["index"]
                assert current == len(opened)
                opened[current] = dict(event["content_block"], json="")
                found.sealed += [opened[current]["data"]] if "data" in opened[current] else []
            case "content_block_delta":
                assert event["index"] == current
                _block(opened[current], event["delta"], found)
            case "content_block_stop":
                assert event["index"] == current
                block = opened[current]
                current = -1
                if block["type"] == "tool_use":
                    found.calls.append((block["id"], block["name"], block["json"]))
            case "message_delta":
                found.finish = event["delta"]["stop_reason"]
                found.stop = event["delta"]["stop_sequence"]
                found.tokens = (event["usage"]["input_tokens"], event["usage"]["output_tokens"])
            case "error":
                found.error = event["error"]["type"]
    assert found.error or events[-1]["type"] == "message_stop"
    return found


def _block(block: dict[str, Any], delta: Mapping[str, Any], found: Heard) -> None:
    kinds = {
        "text_delta": "text",
        "thinking_delta": "thinking",
        "signature_delta": "thinking",
        "input_json_delta": "tool_use",
    }
    assert kinds[delta["type"]] == block["type"]
    found.text += delta.get("text", "")
    found.thinking += delta.get("thinking", "")
    found.sealed += [delta["signature"]] if "signature" in delta else []
    block["json"] += delta.get("partial_json", "")


def _responses(events: list[dict[str, Any]]) -> Heard:
    found, items = Heard(), list[dict[str, Any]]()
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    current: dict[str, Any] = {}
    for event in events:
        kind = event["type"]
        if kind == "response.output_item.added":
            assert not current
            current = event["item"]
            assert event["output_index"] == len(items)
        elif kind == "response.output_item.done":
            assert event["item"]["id"] == current["id"]
            items.append(event["item"])
            current = {}
        elif "item_id" in event:
            assert (event["item_id"], event["output_index"]) == (current["id"], len(items))
        if kind == "response.output_text.delta":
            found.text += event["delta"]
        if kind == "response.reasoning_summary_text.delta":
            found.thinking += event["delta"]
    last = events[-1]
    found.finish = last["type"].removeprefix("response.")
    if found.finish == "failed":
        found.error = last["response"]["error"]["code"]
        return found
    assert last["response"]["output"] == items
    used = last["response"]["usage"]
    found.tokens = (used["input_tokens"], used["output_tokens"])
    calls = [item for item in items if item["type"] == "function_call"]
    found.calls = [(call["call_id"], call["name"], call["arguments"]) for call in calls]
    found.sealed = [item["encrypted_content"] for item in items if "encrypted_content" in item]
    return found


def _ollama(lines: list[dict[str, Any]]) -> Heard:
    found = Heard()
    for line in lines:
        if "error" in line:
            found.error = "error"
            continue
        message = line["message"]
        found.text += message["content"]
        found.thinking += message.get("thinking", "")
        found.calls += [
            (
                call["id"],
                call["function"]["name"],
                json.dumps(
                    call["function"]["arguments"], ensure_ascii=False, separators=(",", ":")
                ),
            )
            for call in message.get("tool_calls", ())
        ]
    last = lines[-1]
    found.finish = last.get("done_reason", "")
    found.tokens = (last.get("prompt_eval_count", 0), last.get("eval_count", 0))
    return found
