"""One conversation with tools, as callers of every wire format write it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgeroute.wire import ollama
from edgeroute.wire.format import CallerFormat
from edgeroute.wire.formats import FORMATS

Call = tuple[str, str, str]  # id, name, arguments
CALLERS: Mapping[str, CallerFormat] = {**FORMATS, "ollama": ollama.CHAT}


@dataclass(frozen=True)
class Story:
    """``turns`` are ("system" | "user", text), ("assistant", text, calls) and ("result", id, text).

    ``tools`` are names with schemas; ``choice`` is auto, required or a name.
    """

    turns: Sequence[tuple[Any, ...]]
    tools: Mapping[str, Any] = field(default_factory=dict)
    choice: str = "auto"
    effort: str = ""
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    limit: int = 4000

    @property
    def texts(self) -> list[str]:
        """All that is said in words."""
        return [turn[2] if turn[0] == "result" else turn[1] for turn in self.turns]

    @property
    def calls(self) -> list[Call]:
        """All calls, in order."""
        return [call for turn in self.turns if turn[0] == "assistant" for call in turn[2]]


def body_of(caller: str, story: Story) -> dict[str, Any]:
    """What a caller of the format ``caller`` sends."""
    return {"model": "m", **_WRITERS[caller](story)}


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", (), [])}


def _chat(story: Story) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for turn in story.turns:
        match turn:
            case ("assistant", text, calls):
                called = [
                    {"id": each, "type": "function", "function": {"name": name, "arguments": args}}
                    for each, name, args in calls
                ]
                message = {"role": "assistant", "content": text}
                messages.append(message | ({"tool_calls": called} if called else {}))
            case ("result", call_id, text):
                messages.append({"role": "tool", "tool_call_id": call_id, "content": text})
            case (role, text):
                messages.append({"role": role, "content": text})
    tools = [
        {"type": "function", "function": {"name": name, "parameters": schema}}
        for name, schema in story.tools.items()
    ]
    choice: Any = story.choice
    if choice not in {"auto", "required"}:
        choice = {"type": "function", "function": {"name": choice}}
    return _given(
        messages=messages, tools=tools, tool_choice=choice, reasoning_effort=story.effort,
        temperature=story.temperature, top_p=story.top_p, stop=list(story.stop),
        max_tokens=story.limit,
    )  # fmt: skip


def _responses(story: Story) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    for turn in story.turns:
        match turn:
            case ("assistant", text, calls):
                said = [{"type": "output_text", "text": text}] if text else []
                items += [{"type": "message", "role": "assistant", "content": said}] if said else []
                items += [
                    {"type": "function_call", "call_id": each, "name": name, "arguments": args}
                    for each, name, args in calls
                ]
            case ("result", call_id, text):
                item = {"type": "function_call_output", "call_id": call_id, "output": text}
                items.append(item)
            case (role, text):
                items.append({"type": "message", "role": role, "content": text})
    tools = [
        {"type": "function", "name": name, "parameters": schema}
        for name, schema in story.tools.items()
    ]
    choice: Any = story.choice
    if choice not in {"auto", "required"}:
        choice = {"type": "function", "name": choice}
    return _given(
        input=items, tools=tools, tool_choice=choice, temperature=story.temperature,
        reasoning={"effort": story.effort} if story.effort else None, top_p=story.top_p,
        max_output_tokens=story.limit,
    )  # fmt: skip


def _messages(story: Story) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    system: list[str] = []
    for turn in story.turns:
        match turn:
            case ("system", text) if not messages:
                system.append(text)
            case ("assistant", text, calls):
                blocks = [{"type": "text", "text": text}] if text else []
                blocks += [
                    {
                        "type": "tool_use",
                        "id": each,
                        "name": name,
                        "input": json.loads(args or "{}"),
                    }
                    for each, name, args in calls
                ]
                messages.append({"role": "assistant", "content": blocks})
            case ("result", call_id, text):
                block = {"type": "tool_result", "tool_use_id": call_id, "content": text}
                _into_user(messages, block)
            case (_, text):
                _into_user(messages, {"type": "text", "text": text})
    tools = [{"name": name, "input_schema": schema} for name, schema in story.tools.items()]
    choice: Any = {"auto": {"type": "auto"}, "required": {"type": "any"}}.get(
        story.choice, {"type": "tool", "name": story.choice}
    )
    return _given(
        system="\n".join(system), tools=tools, tool_choice=choice, stop_sequences=list(story.stop),
        temperature=story.temperature, top_p=story.top_p, max_tokens=story.limit,
        thinking={"type": "adaptive"} if story.effort else None,
    ) | {"messages": messages or [{"role": "user", "content": "Go."}]}  # fmt: skip


def _into_user(messages: list[dict[str, Any]], block: dict[str, Any]) -> None:
    """Add to what the user says: neighbours of one role are one message here."""
    if messages and messages[-1]["role"] == "user":
        messages[-1]["content"].append(block)
    else:
        messages.append({"role": "user", "content": [block]})


def _ollama(story: Story) -> dict[str, Any]:
    chat = _chat(story)
    named = {each: name for each, name, _ in story.calls}
    for message in chat["messages"]:
        for call in message.get("tool_calls", ()):
            written = call["function"]["arguments"]
            call["function"]["arguments"] = json.loads(written or "{}")
        if message["role"] == "tool":
            message["tool_name"] = named.get(message["tool_call_id"], "f")
    options = _given(
        temperature=story.temperature, top_p=story.top_p, num_predict=story.limit,
        stop=list(story.stop),
    )  # fmt: skip
    return _given(
        messages=chat["messages"], tools=chat.get("tools"), think=story.effort, options=options
    )


_WRITERS: Mapping[str, Callable[[Story], dict[str, Any]]] = {
    "openai-chat": _chat,
    "openai-responses": _responses,
    "anthropic-messages": _messages,
    "ollama": _ollama,
}
