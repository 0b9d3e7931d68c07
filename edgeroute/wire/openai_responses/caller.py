"""What a caller of our endpoint asks in the form of a response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

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
from edgeroute.core.request import ChatRequest
from edgeroute.wire import capsule, custom_tools
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import (
    Json,
    mapping,
    mappings,
    model_name,
    sampling,
    string,
)
from edgeroute.wire.openai_responses.request import NAME
from edgeroute.wire.parts import Plain, image_from_url, read_data_url, unreadable
from edgeroute.wire.tools import allowed_mode, read_tools

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
# These have a noun of their own, concern our endpoint only, or would identify the user elsewhere.
_KNOWN: Final = frozenset(
    {
        "model", "input", "instructions", "stream", "stream_options", "max_output_tokens",
        "temperature", "top_p", "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning",
        "store", "user", "safety_identifier", "metadata", "prompt_cache_key", "include",
    }
)  # fmt: skip
_STATEFUL: Final = {
    "previous_response_id": "Send the whole conversation in input.",
    "conversation": "Send previous_response_id, or the whole conversation in input.",
    "prompt": "Send the prompt itself in input.",
}


def decode_request(body: Json) -> ChatRequest:
    """The request in ``body``.

    Raises:
        WireError: something is missing, of the wrong type, or refers to what a provider stores.
    """
    for name, hint in _STATEFUL.items():
        if body.get(name) is not None:
            raise WireError(f"{name} is not supported here.", hint)
    text = mapping(body.get("text"))
    schema, name = _format(mapping(text.get("format")))
    tools, others = read_tools(body.get("tools"), _function, "parameters")
    tools = custom_tools.marked(tools, body.get("tools"))
    extra = {key: value for key, value in body.items() if key not in (*_KNOWN, *_STATEFUL)}
    if others:
        extra["tools"] = others
    choice, parallel = body.get("tool_choice"), body.get("parallel_tool_calls")
    return ChatRequest(
        messages=(*_instructions(body), *_messages(body.get("input"))),
        model=model_name(body),
        tools=tools,
        tool_choice=string(choice)
        or allowed_mode(mapping(choice))
        or string(mapping(choice).get("name"))
        or "auto",
        parallel_tool_calls=parallel if isinstance(parallel, bool) else None,
        response_format=schema,
        response_format_name=name or "answer",
        sampling=sampling(body, "max_output_tokens"),
        reasoning_effort=string(mapping(body.get("reasoning")).get("effort")),
        wire=NAME,
        extra=extra,
        user=string(body.get("user")),
        store=body.get("store") is not False,
        front_door="http",
    )


def _instructions(body: Json) -> Iterator[Message]:
    text = string(body.get("instructions"))
    if text:
        yield Message("system", (Text(text),))


def _format(found: Json) -> tuple[Json | None, str]:
    if found.get("type") == "json_object":
        return {}, ""
    if found.get("type") == "json_schema":
        return mapping(found.get("schema")), string(found.get("name"))
    return None, ""


def _function(tool: Json) -> Json | None:
    return tool if tool.get("type") == "function" else custom_tools.as_function(tool)


def _messages(items: object) -> Iterator[Message]:
    """The turns; what a model said in one go (reasoning, text, calls) is one message."""
    if isinstance(items, str) and items:
        yield Message("user", (Text(items),))
        return
    if not isinstance(items, list) or not items:
        raise WireError("input must be a text or a list with at least one item.")
    said: list[Part] = []
    for position, item in enumerate(items):
        role, parts = _item(mapping(item), position)
        if role == "assistant":
            said += parts
            continue
        if said:
            yield Message("assistant", tuple(said))
        said = []
        yield Message(role, tuple(parts))
    if said:
        yield Message("assistant", tuple(said))


def _item(found: Json, position: int) -> tuple[Role, list[Part]]:
    match found.get("type", "message"):
        case "message":
            role = _ROLES.get(string(found.get("role")))
            if role is None:
                raise WireError(
                    f"input[{position}].role must be system, developer, user or assistant."
                )
            return role, list(_content(found.get("content"), position))
        case "function_call":
            arguments = string(found.get("arguments")) or "{}"
            call_id = string(found.get("call_id"))
            return "assistant", [ToolCall(call_id, string(found.get("name")), arguments)]
        case "function_call_output" | "custom_tool_call_output" if _is_content(found):
            parts = tuple(_content(found.get("output"), position))
            return "tool", [ToolResult(string(found.get("call_id")), parts)]
        case "reasoning":
            text = "\n\n".join(string(part.get("text")) for part in mappings(found.get("summary")))
            kept = capsule.unseal(string(found.get("encrypted_content"))) or ("", "")
            return "assistant", [Reasoning(text, *kept)]
        case "item_reference":
            raise WireError(
                f"input[{position}] refers to an item that is not stored here.",
                "Send the item itself.",
            )
        case _:
            return custom_tools.read_item(found)


def _is_content(found: Json) -> bool:
    """Whether an output is a text or a list of parts; a function's must be."""
    return found.get("type") == "function_call_output" or isinstance(
        found.get("output"), str | list
    )


def _content(content: object, position: int) -> Iterator[Plain]:
    if isinstance(content, str):
        if content:
            yield Text(content)
    elif isinstance(content, list):
        yield from (_part(mapping(part), part) for part in content)
    else:
        raise WireError(f"input[{position}] must hold a text or a list of parts.")


def _part(found: Json, part: object) -> Plain:
    match found.get("type"):
        case "input_text" | "output_text" | "text" if isinstance(found.get("text"), str):
            return Text(found["text"])
        case "refusal" if isinstance(found.get("refusal"), str):
            return Text(found["refusal"])
        case "input_image" if isinstance(found.get("image_url"), str):
            detail = string(found.get("detail"))
            image = image_from_url(found["image_url"], "" if detail == "auto" else detail)
            return image or unreadable(part)
        case "input_file":
            data = read_data_url(string(found.get("file_data")))
            if data:
                return File(string(found.get("filename")), data[0], data[1])
    return unreadable(part)
