"""A conversation as text for a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Literal

from edgeroute.core.conversation import Conversation, Turn
from edgeroute.core.display import safe
from edgeroute.core.messages import File, Image, Message, Reasoning, Text, ToolCall, ToolResult
from edgeroute.store.database.codec import dump_messages


def export(
    conversation: Conversation,
    turns: Sequence[Turn],
    style: Literal["markdown", "json"] = "markdown",
    *,
    raw: bool = False,
    told: Callable[[str], str] = lambda _: "",
) -> str:
    """A conversation as text for a file: Markdown to read, JSON to lose nothing.

    No terminal acts on anything in it, unless ``raw`` asks for Markdown as it was written.
    ``told`` says of a receipt what is to stand under its answer.
    """
    if style == "json":
        return _json(conversation, turns)
    lines = [
        f"# {conversation.title or conversation.id}",
        "",
        f"{conversation.created:%Y-%m-%d %H:%M} UTC · privacy {conversation.mode.value}"
        + (f" · stays local: {conversation.latch_reason}" if conversation.latched else ""),
    ]
    for turn in turns:
        for message in turn.messages:
            who = turn.model or "assistant" if message.role == "assistant" else message.role
            lines += ["", f"## {who}", "", _markdown(message)]
        if turn.receipt and (line := told(turn.receipt)):
            lines += ["", f"*{line}*"]
        if not turn.complete:
            lines += ["", "*The answer broke off here.*"]
    text = "\n".join(lines).rstrip() + "\n"
    return text if raw else safe(text)


def _json(conversation: Conversation, turns: Sequence[Turn]) -> str:
    content = {
        "id": conversation.id,
        "title": conversation.title,
        "created": conversation.created.isoformat(),
        "updated": conversation.updated.isoformat(),
        "mode": conversation.mode.value,
        "latched": conversation.latched,
        "latch_reason": conversation.latch_reason,
        "tags": list(conversation.tags),
        "parent": conversation.parent,
        "turns": [
            {
                "created": turn.created.isoformat(),
                "model": turn.model,
                "receipt": turn.receipt,
                "complete": turn.complete,
                "messages": json.loads(dump_messages(turn.messages)),
            }
            for turn in turns
        ],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    # ASCII loses nothing either, and no terminal acts on it.
    return (text if safe(text) == text else json.dumps(content, indent=2)) + "\n"


def _markdown(message: Message) -> str:
    pieces: list[str] = []
    for part in message.parts:
        if isinstance(part, Text):
            pieces.append(part.text)
        elif isinstance(part, ToolCall):
            pieces.append(f"Calls `{part.name}`:\n\n```json\n{part.arguments}\n```")
        elif isinstance(part, ToolResult):
            text = "\n".join(p.text for p in part.parts if isinstance(p, Text))
            pieces.append(f"Result of `{part.name or part.call_id}`:\n\n```\n{text}\n```")
        elif isinstance(part, File):
            pieces.append(f"[file {part.name}, {len(part.data)} bytes]")
        elif isinstance(part, Image):
            pieces.append(f"[image {part.media_type}, {len(part.data)} bytes]")
        elif isinstance(part, Reasoning):
            continue
        else:
            pieces.append(f"[{part.kind}]")
    return "\n\n".join(piece for piece in pieces if piece)
