"""What a caller of our endpoint asks in the form of a chat completion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from edgeroute.core.messages import (
    File,
    Message,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.wire import capsule, custom_tools
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import (
    Json,
    dump_text,
    integer,
    mapping,
    mappings,
    model_name,
    need_list,
    sampling,
    sequence,
    string,
)
from edgeroute.wire.openai_chat.request import NAME
from edgeroute.wire.parts import Plain, image_from_url, plain, read_data_url, unreadable
from edgeroute.wire.tools import allowed_mode, read_tools

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
# These have a noun of their own, concern our endpoint only, or would identify the user elsewhere.
_KNOWN: Final = frozenset(
    {
        "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens",
        "temperature", "top_p", "seed", "stop", "tools", "tool_choice", "parallel_tool_calls",
        "functions", "function_call", "response_format", "reasoning_effort", "n", "user",
        "safety_identifier", "metadata", "store", "prompt_cache_key",
    }
)  # fmt: skip


_BARE: Final = frozenset({"role", "content"})


def decode_request(body: Json) -> ChatRequest:
    """The request in ``body``.

    Raises:
        WireError: something is missing or of the wrong type.
    """
    answers = integer(body.get("n"), "n")
    if answers is not None and answers < 1:
        raise WireError("n must be 1 or more.")
    drawn = sampling(body, "max_tokens", stop="stop", seed="seed")
    if body.get("max_completion_tokens") is not None:
        newer = sampling(body, "max_completion_tokens").max_output_tokens
        drawn = replace(drawn, max_output_tokens=newer)
    tools, others = _tools(body)
    extra = {key: value for key, value in body.items() if key not in _KNOWN}
    if others:
        extra["tools"] = others
    schema, name = _response_format(body.get("response_format"))
    parallel = body.get("parallel_tool_calls")
    return ChatRequest(
        messages=tuple(
            _message(item, position) for position, item in enumerate(need_list(body, "messages"))
        ),
        model=model_name(body),
        tools=tools,
        tool_choice=_tool_choice(body.get("tool_choice", body.get("function_call"))),
        parallel_tool_calls=parallel if isinstance(parallel, bool) else None,
        response_format=schema,
        response_format_name=name or "answer",
        sampling=drawn,
        reasoning_effort=string(body.get("reasoning_effort")),
        wire=NAME,
        extra=extra,
        user=string(body.get("user")),
        front_door="http",
    )


def _tools(body: Json) -> tuple[tuple[Tool, ...], list[Any]]:
    legacy = [{"type": "function", "function": item} for item in sequence(body.get("functions"))]
    given = body.get("tools")
    items = [*(given or ()), *legacy] if isinstance(given, list | None) else given
    tools, others = read_tools(items, _function, "parameters")
    return custom_tools.marked(tools, items), others


def _function(tool: Json) -> Json | None:
    if tool.get("type") == "custom":
        return custom_tools.as_function(tool)
    return mapping(tool.get("function")) if tool.get("type") == "function" else None


def _tool_choice(value: object) -> str:
    if isinstance(value, str):
        return "required" if value == "any" else value
    found = mapping(value)
    mode = allowed_mode(found)
    if mode:
        return mode
    chosen = mapping(found.get("function")) or mapping(found.get("custom")) or found
    return string(chosen.get("name")) or "auto"


def _response_format(value: object) -> tuple[Json | None, str]:
    found = mapping(value)
    if found.get("type") == "json_object":
        return mapping(found.get("schema")), ""
    if found.get("type") == "json_schema":
        wrapped = mapping(found.get("json_schema"))
        return mapping(wrapped.get("schema")), string(wrapped.get("name"))
    return None, ""


def _message(item: object, position: int) -> Message:
    message = mapping(item)
    role = _ROLES.get(string(message.get("role")))
    if role is None:
        raise WireError(
            f"messages[{position}].role must be system, developer, user, assistant or tool."
        )
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        raise WireError(f"messages[{position}].content must be a string or a list of parts.")
    if content and isinstance(content, str) and role != "tool" and message.keys() == _BARE:
        return Message(role, (Text(content),))
    parts = tuple(_parts(content))
    name = string(message.get("name"))
    if role == "tool":
        call_id = string(message.get("tool_call_id")) or name
        return Message("tool", (ToolResult(call_id, plain(parts), name),))
    if role == "assistant":
        parts = parts or tuple(_parts(string(message.get("refusal"))))
        parts = (*_reasoning(message), *parts, *_calls(message))
    return Message(role, parts, name)


def _parts(content: object) -> Iterator[Part]:
    if isinstance(content, str):
        if content:
            yield Text(content)
        return
    for part in sequence(content):
        yield Text(part) if isinstance(part, str) else read_part(part)


def read_part(part: object) -> Plain:
    """One content part; what cannot be read is kept as it came."""
    found = mapping(part)
    kind = string(found.get("type"))
    if kind in {"text", "refusal"} and isinstance(found.get(kind), str):
        return Text(found[kind])
    if kind == "image_url":
        address = found.get("image_url")
        url = string(address) or string(mapping(address).get("url"))
        return image_from_url(url, string(mapping(address).get("detail"))) or unreadable(part)
    if kind == "file":
        file = mapping(found.get("file"))
        data = read_data_url(string(file.get("file_data")))
        if data:
            return File(string(file.get("filename")), data[0], data[1])
    return unreadable(part)


def _calls(message: Json) -> Iterator[ToolCall]:
    for call in mappings(message.get("tool_calls")):
        function, custom = mapping(call.get("function")), mapping(call.get("custom"))
        if custom:
            arguments = dump_text({custom_tools.ARGUMENT: string(custom.get("input"))})
            yield ToolCall(string(call.get("id")), string(custom.get("name")), arguments)
            continue
        yield ToolCall(
            string(call.get("id")),
            string(function.get("name")),
            _arguments(function.get("arguments")),
        )
    legacy = mapping(message.get("function_call"))
    if legacy:
        name = string(legacy.get("name"))
        yield ToolCall(name, name, string(legacy.get("arguments")) or "{}")


def _arguments(written: object) -> str:
    if isinstance(written, dict | list):
        return dump_text(written)
    return string(written) or "{}"


def _reasoning(message: Json) -> Iterator[Reasoning]:
    """Reasoning that we gave out; its text is known to us only through its payload's origin."""
    text = string(message.get("reasoning_content"))
    for detail in mappings(message.get("reasoning_details")):
        found = capsule.unseal(string(detail.get("data")))
        if found:
            yield Reasoning(text, *found)
            text = ""
    if text:
        yield Reasoning(text)
