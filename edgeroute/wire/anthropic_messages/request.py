"""A request as the body of an Anthropic message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Reasoning,
    ToolCall,
    ToolResult,
    Unreadable,
)
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.wire import structured
from edgeroute.wire.format import Target
from edgeroute.wire.json_data import given, mapping, sequence
from edgeroute.wire.parts import (
    Plain,
    arguments_object,
    as_text,
    encode_base64,
    leading_systems,
    payload_object,
    plain,
)
from edgeroute.wire.schemas import EMPTY

NAME = "anthropic-messages"
_EFFORTS: Final = {"minimal": "low"}
_GO_ON: Final = "Go on."


def encode_request(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The body of ``request`` for ``target``. Messages come last, so that turns share a prefix."""
    card = target.card
    sampling = request.sampling
    extra = dict(request.extra) if request.wire == NAME else {}
    others = list(sequence(extra.pop("tools", ())))
    limit = sampling.max_output_tokens or card.max_output_tokens
    body: dict[str, Any] = {"model": card.wire_id, "max_tokens": limit}
    if target.stream:
        body["stream"] = True
    system = [_text(text) for text in _system_texts(request, target)]
    messages = _messages(request, target)
    tools = [_tool(tool) for tool in request.tools] + others or _called(messages)
    choice = _tool_choice(request) if request.tools or others else {}
    thinking = _thinking(request, target)
    if forces(choice) or (messages and messages[-1]["role"] == "assistant"):
        thinking.pop("thinking", None)
    body |= given(
        temperature=None if thinks(thinking) else _temperature(sampling),
        top_p=None if thinks(thinking) or sampling.temperature is not None else sampling.top_p,
        stop_sequences=[stop for stop in sampling.stop if stop.strip()] or None,
    )
    body |= thinking | choice
    body |= {key: value for key, value in extra.items() if key not in body | {"messages": ()}}
    mark(body, tools, system, messages, target)
    if tools:
        body["tools"] = tools
    if system:
        body["system"] = system
    body["messages"] = messages
    return body


def thinks(body: dict[str, Any]) -> bool:
    """Whether ``body`` asks for thinking, which neither a forced tool nor sampling goes with."""
    return mapping(body.get("thinking")).get("type") in {"adaptive", "enabled"}


def forces(body: dict[str, Any]) -> bool:
    """Whether ``body`` demands that a tool is called."""
    return mapping(body.get("tool_choice")).get("type") in {"any", "tool"}


def _temperature(sampling: Sampling) -> float | None:
    return None if sampling.temperature is None else min(sampling.temperature, 1)


def _called(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tools of earlier calls, where none is offered now: calls of none are refused."""
    blocks = [block for message in messages for block in message["content"]]
    names = dict.fromkeys(block["name"] for block in blocks if block.get("type") == "tool_use")
    return [_tool(Tool(name)) for name in names]


def _thinking(request: ChatRequest, target: Target) -> dict[str, Any]:
    body: dict[str, Any] = {}
    output: dict[str, Any] = {}
    if request.reasoning_effort and "reasoning" in target.card.abilities:
        if request.reasoning_effort == "none":
            body["thinking"] = {"type": "disabled"}
        else:
            body["thinking"] = {"type": "adaptive"}
            output["effort"] = _EFFORTS.get(request.reasoning_effort, request.reasoning_effort)
    if request.response_format and structured.takes_schema(target.card):
        output["format"] = {"type": "json_schema", "schema": request.response_format}
    return body | {"output_config": output} if output else body


def _tool_choice(request: ChatRequest) -> dict[str, Any]:
    names = {"auto": "auto", "none": "none", "required": "any"}
    choice: dict[str, Any] = {"type": names.get(request.tool_choice, "tool")}
    if choice["type"] == "tool":
        choice["name"] = request.tool_choice
    if request.parallel_tool_calls is not None and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = not request.parallel_tool_calls
    return {} if choice == {"type": "auto"} else {"tool_choice": choice}


def _tool(tool: Tool) -> dict[str, Any]:
    encoded: dict[str, Any] = {"name": tool.name}
    if tool.description:
        encoded["description"] = tool.description
    encoded["input_schema"] = tool.parameters or EMPTY
    if tool.strict is not None:
        encoded["strict"] = tool.strict
    return encoded


def _system_texts(request: ChatRequest, target: Target) -> Iterator[str]:
    for message in request.messages[: leading_systems(request.messages)]:
        yield from (as_text(part) for part in plain(message.parts) if as_text(part))
    # Any JSON object cannot be asked for on this wire; a schema only of models that take one.
    schema = request.response_format
    if schema is not None:
        yield from filter(None, [structured.instruction(schema, target.card, any_object=False)])


def mark(
    body: dict[str, Any],
    tools: list[Any],
    system: list[dict[str, Any]],
    messages: list[dict[str, Any]],
    target: Target,
) -> None:
    """Ask for tools, system prompt and history to be kept: three marks of the four allowed.

    The mark for the history stands at the top level, so that messages keep their bytes from turn
    to turn; the longer-lived marks come before it, as they must.
    """
    plan = target.cache
    if plan is None or "cache_control" in body:
        return
    if plan.system_prompt:
        if tools and isinstance(tools[-1], dict) and target.would_cache(tools):
            tools[-1] = tools[-1] | {"cache_control": plan.mark}
        if system and target.would_cache(tools, system):
            system[-1]["cache_control"] = plan.mark
    if plan.history and target.would_cache(tools, system, messages):
        body["cache_control"] = {"type": "ephemeral"}


def _messages(request: ChatRequest, target: Target) -> list[dict[str, Any]]:
    """The turns; neighbours of one role become one message, as tool results demand."""
    messages: list[dict[str, Any]] = []
    for message in request.messages[leading_systems(request.messages) :]:
        if message.role == "system":
            blocks = [_text(f"[System] {as_text(part)}") for part in plain(message.parts)]
        else:
            blocks = list(_blocks(message, request, target))
        if not blocks:
            continue
        role = "assistant" if message.role == "assistant" else "user"
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += blocks
        else:
            messages.append({"role": role, "content": blocks})
    if messages and messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": [_text(_GO_ON)]})
    _trim(messages)
    return messages


def _trim(messages: list[dict[str, Any]]) -> None:
    """Cut the white space at the end of an answer that the model is to go on with."""
    last = messages[-1]["content"][-1] if messages else {}
    if messages and messages[-1]["role"] == "assistant" and last.get("type") == "text":
        last["text"] = last["text"].rstrip()


def _blocks(message: Message, request: ChatRequest, target: Target) -> Iterator[dict[str, Any]]:
    for part in message.parts:
        if isinstance(part, Reasoning):
            block = payload_object(part.payload) if part.origin == target.card.origin else {}
            if block.get("type") in {"thinking", "redacted_thinking"}:
                yield block
        elif isinstance(part, ToolCall):
            yield {
                "type": "tool_use",
                "id": part.id,
                "name": part.name,
                "input": arguments_object(part),
            }
        elif isinstance(part, ToolResult):
            yield _result(part, request, target)
        else:
            yield from _block(part, request, target)


def _result(result: ToolResult, request: ChatRequest, target: Target) -> dict[str, Any]:
    content = [block for part in result.parts for block in _block(part, request, target)]
    encoded: dict[str, Any] = {"type": "tool_result", "tool_use_id": result.call_id}
    if content:
        encoded["content"] = content
    if result.is_error:
        encoded["is_error"] = True
    return encoded


def _block(part: Plain, request: ChatRequest, target: Target) -> Iterator[dict[str, Any]]:
    abilities = target.card.abilities
    if isinstance(part, Image) and "images" in abilities:
        yield {"type": "image", "source": _image_source(part)}
    elif isinstance(part, File) and "files" in abilities:
        yield {"type": "document", "source": _file_source(part), "title": part.name}
    elif isinstance(part, Unreadable) and request.wire == NAME and payload_object(part.payload):
        yield payload_object(part.payload)
    elif as_text(part).strip():  # blank text blocks are refused
        yield _text(as_text(part))


def _image_source(image: Image) -> dict[str, Any]:
    if image.url:
        return {"type": "url", "url": image.url}
    return {
        "type": "base64",
        "media_type": image.media_type,
        "data": encode_base64(image.data),
    }


def _file_source(file: File) -> dict[str, Any]:
    if file.media_type == "text/plain":
        return {
            "type": "text",
            "media_type": "text/plain",
            "data": file.data.decode("utf-8", "replace"),
        }
    return {"type": "base64", "media_type": file.media_type, "data": encode_base64(file.data)}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
