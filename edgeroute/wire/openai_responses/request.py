"""A request as the body of a response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Unreadable,
)
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.wire import structured
from edgeroute.wire.format import Target
from edgeroute.wire.json_data import given, sequence
from edgeroute.wire.parts import (
    Plain,
    as_text,
    data_url,
    image_url,
    leading_systems,
    payload_object,
    plain,
)
from edgeroute.wire.schemas import EMPTY
from edgeroute.wire.tools import write_tools
from edgeroute.wire.wishes import LEAST_LIMIT

NAME = "openai-responses"


def encode_request(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The body of ``request`` for ``target``. The input comes last, so that turns share a prefix.

    The provider is told to store nothing; encrypted reasoning comes back to us instead.
    """
    card, sampling = target.card, request.sampling
    limit = sampling.max_output_tokens
    extra = dict(request.extra) if request.wire == NAME else {}
    body: dict[str, Any] = {"model": card.wire_id, "store": False}
    if target.stream:
        body["stream"] = True
    body |= given(
        max_output_tokens=None if limit is None else max(limit, LEAST_LIMIT),
        temperature=sampling.temperature,
        top_p=sampling.top_p,
    )
    if "reasoning" in card.abilities:
        body["include"] = ["reasoning.encrypted_content"]
        if request.reasoning_effort:
            body["reasoning"] = {"effort": request.reasoning_effort}
    if request.response_format is not None:
        body["text"] = {"format": _format(request, target)}
    if target.cache and target.session_id and "cache_key" in card.abilities:
        body["prompt_cache_key"] = target.session_id
    others = sequence(extra.pop("tools", ()))
    if request.tools or others:
        body |= write_tools(request, others, _tool, _named)
    body |= {key: value for key, value in extra.items() if key not in body | {"input": ()}}
    instructions = "\n\n".join(_instructions(request, target))
    if instructions:
        body["instructions"] = instructions
    body["input"] = list(_items(request, target))
    return body


def _format(request: ChatRequest, target: Target) -> dict[str, Any]:
    named = structured.named_schema(request, target.card)
    return {"type": "json_schema", **named} if named else {"type": "json_object"}


def _tool(tool: Tool) -> dict[str, Any]:
    encoded: dict[str, Any] = {"type": "function", "name": tool.name}
    if tool.description:
        encoded["description"] = tool.description
    encoded["parameters"] = tool.parameters or EMPTY
    # This format is strict unless told otherwise, which few schemas are written for.
    encoded["strict"] = bool(tool.strict) and structured.is_strict(tool.parameters)
    return encoded


def _named(tool: str) -> dict[str, Any]:
    return {"type": "function", "name": tool}


def _instructions(request: ChatRequest, target: Target) -> Iterator[str]:
    for message in request.messages[: leading_systems(request.messages)]:
        yield from (as_text(part) for part in plain(message.parts))
    schema = request.response_format
    if schema and (asked := structured.instruction(schema, target.card, any_object=True)):
        yield asked


def _items(request: ChatRequest, target: Target) -> Iterator[dict[str, Any]]:
    for message in request.messages[leading_systems(request.messages) :]:
        if message.role == "assistant":
            yield from _assistant(message, target)
            continue
        for part in message.parts:
            if isinstance(part, ToolResult):
                yield _output(part, request, target)
            elif isinstance(part, Unreadable) and _is_item(part, request):
                yield payload_object(part.payload)
        content = [
            _block(part, request, target)
            for part in plain(message.parts)
            if not (isinstance(part, Unreadable) and _is_item(part, request))
        ]
        if content:
            yield {"type": "message", "role": message.role, "content": content}


def _is_item(part: Unreadable, request: ChatRequest) -> bool:
    """Whether the caller sent ``part`` as an item of its own, not inside a message."""
    return request.wire == NAME and bool(part.payload) and not part.kind.startswith("input_")


def _assistant(message: Message, target: Target) -> Iterator[dict[str, Any]]:
    for part in message.parts:
        if isinstance(part, Reasoning):
            item = payload_object(part.payload) if part.origin == target.card.origin else {}
            if item.get("type") == "reasoning":
                yield item
        elif isinstance(part, ToolCall):
            yield {
                "type": "function_call",
                "call_id": part.id,
                "name": part.name,
                "arguments": part.arguments,
            }
        elif isinstance(part, Text | Image | File | Unreadable) and as_text(part):
            content = [{"type": "output_text", "text": as_text(part)}]
            yield {"type": "message", "role": "assistant", "content": content}


def _output(result: ToolResult, request: ChatRequest, target: Target) -> dict[str, Any]:
    blocks = [_block(part, request, target) for part in result.parts]
    output: Any = blocks
    if all(block.get("type") == "input_text" for block in blocks):
        output = "\n\n".join(block["text"] for block in blocks)
    return {"type": "function_call_output", "call_id": result.call_id, "output": output}


def _block(part: Plain, request: ChatRequest, target: Target) -> dict[str, Any]:
    abilities = target.card.abilities
    if isinstance(part, Image) and "images" in abilities:
        return {
            "type": "input_image",
            "image_url": image_url(part),
            "detail": part.detail or "auto",
        }
    if isinstance(part, File) and "files" in abilities:
        content = data_url(part.media_type, part.data)
        return {"type": "input_file", "filename": part.name, "file_data": content}
    if isinstance(part, Unreadable) and request.wire == NAME and payload_object(part.payload):
        return payload_object(part.payload)
    return {"type": "input_text", "text": as_text(part)}
