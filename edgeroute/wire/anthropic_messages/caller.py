"""What a caller of our endpoint asks in the form of an Anthropic message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edgeroute.core.errors import Rejection
from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from edgeroute.core.request import ChatRequest
from edgeroute.wire import capsule
from edgeroute.wire.anthropic_messages.answer import NO_THREADS
from edgeroute.wire.anthropic_messages.request import NAME
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import (
    Json,
    dump_text,
    mapping,
    model_name,
    need_list,
    sampling,
    sequence,
    string,
)
from edgeroute.wire.parts import Plain, decode_base64, unreadable
from edgeroute.wire.tools import read_tools

# These have a noun of their own, concern our endpoint only, or would identify the user elsewhere.
_KNOWN: Final = frozenset(
    {
        "model", "messages", "system", "stream", "max_tokens", "temperature", "top_p",
        "stop_sequences", "tools", "tool_choice", "output_config", "thinking", "metadata",
        "cache_control",
    }
)  # fmt: skip


def decode_request(body: Json) -> ChatRequest:
    """The request in ``body``.

    Raises:
        WireError: something is missing, of the wrong type, or refers to what a provider stores.
    """
    if body.get("thread") is not None:
        raise WireError(
            "thread is not supported here.",
            "Send the whole conversation in messages.",
            rejection=Rejection(400, NO_THREADS, "thread"),
        )
    if not isinstance(body.get("thinking"), dict | None):
        raise WireError("thinking must be an object.")
    output = mapping(body.get("output_config"))
    tools, others = read_tools(body.get("tools"), _function, "input_schema")
    extra = {key: value for key, value in body.items() if key not in _KNOWN}
    if others:
        extra["tools"] = others
    choice, parallel = _tool_choice(mapping(body.get("tool_choice")))
    turns: list[Message] = []
    for position, item in enumerate(need_list(body, "messages")):
        turns += _turns(item, position)
    wanted = mapping(output.get("format"))
    return ChatRequest(
        messages=(*_system(body.get("system")), *turns),
        model=model_name(body),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=parallel,
        response_format=mapping(wanted.get("schema"))
        if wanted.get("type") == "json_schema"
        else None,
        sampling=sampling(body, "max_tokens", stop="stop_sequences"),
        reasoning_effort=_effort(mapping(body.get("thinking")), output),
        wire=NAME,
        extra=extra,
        front_door="http",
    )


def _effort(thinking: Json, output: Json) -> str:
    if thinking.get("type") == "disabled":
        return "none"
    effort = string(output.get("effort"))
    if effort or string(thinking.get("type")) not in {"enabled", "adaptive"}:
        return effort
    budget = thinking.get("budget_tokens")
    if not isinstance(budget, int):
        return "medium"
    return "low" if budget <= 4096 else "medium" if budget <= 16384 else "high"


def _function(tool: Json) -> Json | None:
    return tool if tool.get("type") in (None, "custom") else None


def _tool_choice(choice: Json) -> tuple[str, bool | None]:
    disabled = choice.get("disable_parallel_tool_use")
    parallel = not disabled if isinstance(disabled, bool) else None
    kind = string(choice.get("type")) or "auto"
    if kind == "tool":
        return string(choice.get("name")) or "auto", parallel
    return {"any": "required", "none": "none"}.get(kind, "auto"), parallel


def _system(system: object) -> Iterator[Message]:
    if isinstance(system, str) and system:
        yield Message("system", (Text(system),))
    parts = tuple(read_block(block) for block in sequence(system))
    if parts:
        yield Message("system", parts)


def _turns(item: object, position: int) -> Iterator[Message]:
    """A message; tool results become messages of their own, one each."""
    message = mapping(item)
    role, content = message.get("role"), message.get("content")
    if role not in ("user", "assistant", "system"):
        raise WireError(f"messages[{position}].role must be user or assistant.")
    if not isinstance(content, str | list):
        raise WireError(f"messages[{position}].content must be a string or a list of blocks.")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    parts: list[Part] = []
    for block in blocks:
        part = _part(mapping(block), block)
        if isinstance(part, ToolResult):
            if parts:
                yield Message(role, tuple(parts))
            parts = []
            yield Message("tool", (part,))
        else:
            parts.append(part)
    if parts or not blocks:
        yield Message(role, tuple(parts))


def _part(found: Json, block: object) -> Part:
    match found.get("type"):
        case "tool_use":
            arguments = dump_text(mapping(found.get("input")))
            return ToolCall(string(found.get("id")), string(found.get("name")), arguments)
        case "tool_result":
            content = found.get("content")
            inner = [{"type": "text", "text": content}] if isinstance(content, str) else content
            return ToolResult(
                string(found.get("tool_use_id")),
                tuple(read_block(part) for part in sequence(inner)),
                is_error=found.get("is_error") is True,
            )
        case "thinking":
            kept = capsule.unseal(string(found.get("signature"))) or ("", "")
            return Reasoning(string(found.get("thinking")), *kept)
        case "redacted_thinking":
            kept = capsule.unseal(string(found.get("data"))) or ("", "")
            return Reasoning("", *kept)
        case _:
            return read_block(block)


def read_block(block: object) -> Plain:
    """One content block; what cannot be read is kept as it came."""
    found = mapping(block)
    source = mapping(found.get("source"))
    match found.get("type"):
        case "text" if isinstance(found.get("text"), str):
            return Text(found["text"])
        case "image" if source.get("type") == "url" and string(source.get("url")):
            return Image("", url=string(source.get("url")))
        case "image" if source.get("type") == "base64":
            data = decode_base64(string(source.get("data")))
            if data is not None:
                return Image(string(source.get("media_type")), data)
        case "document" if (text := _text_of(source)) is not None:
            return File(string(found.get("title")), "text/plain", text.encode("utf-8", "replace"))
        case "document" if source.get("type") == "base64":
            data = decode_base64(string(source.get("data")))
            if data is not None:
                return File(string(found.get("title")), string(source.get("media_type")), data)
    return unreadable(block)


def _text_of(source: Json) -> str | None:
    """The text of a document that is given as text or as blocks of it; None of any other."""
    if source.get("type") == "text":
        return string(source.get("data"))
    content = source.get("content")
    if source.get("type") != "content" or isinstance(content, str):
        return string(content) or None
    blocks = [read_block(block) for block in sequence(content)]
    texts = [block.text for block in blocks if isinstance(block, Text)]
    return "\n".join(texts) if texts and len(texts) == len(blocks) else None
