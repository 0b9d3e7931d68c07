"""A request as the body of a chat completion."""

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
from edgeroute.core.model_card import Place
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
from edgeroute.wire.wishes import DRAWN, MOST_STOPS

NAME = "openai-chat"
# The fields of a message in which models of this wire format give out their thinking.
THINKING = frozenset({"reasoning", "reasoning_content", "reasoning_details"})


def encode_request(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The body of ``request`` for ``target``. Messages come last, so that turns share a prefix."""
    card = target.card
    body: dict[str, Any] = {"model": card.wire_id}
    if target.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    body |= _sampling(request)
    if request.reasoning_effort and "reasoning" in card.abilities:
        body["reasoning_effort"] = request.reasoning_effort
    if request.response_format is not None:
        body["response_format"] = _response_format(request, target)
    if target.cache and target.session_id and "cache_key" in card.abilities:
        body["prompt_cache_key"] = target.session_id
    extra = dict(request.extra)
    if request.wire != NAME:
        # A local model hears what every wire format calls alike.
        names = DRAWN if card.place is Place.LOCAL else ()
        extra = {name: request.extra[name] for name in names if name in request.extra}
    others = sequence(extra.pop("tools", ()))
    if request.tools or others:
        body |= write_tools(request, others, _tool, _named)
    body |= {key: value for key, value in extra.items() if key not in body and key != "messages"}
    body["messages"] = list(_messages(request, target))
    return body


def _sampling(request: ChatRequest) -> dict[str, Any]:
    sampling = request.sampling
    return given(
        max_tokens=sampling.max_output_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=sampling.seed,
        stop=list(sampling.stop[:MOST_STOPS]) or None,
        logprobs=sampling.logprobs or None,
        top_logprobs=sampling.top_logprobs or None,
    )


def _response_format(request: ChatRequest, target: Target) -> dict[str, Any]:
    named = structured.named_schema(request, target.card)
    return {"type": "json_schema", "json_schema": named} if named else {"type": "json_object"}


def _tool(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    function["parameters"] = tool.parameters or EMPTY
    if tool.strict is not None:
        function["strict"] = tool.strict and structured.is_strict(tool.parameters)
    return {"type": "function", "function": function}


def _named(tool: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": tool}}


def _messages(request: ChatRequest, target: Target) -> Iterator[dict[str, Any]]:
    schema, said = request.response_format, request.messages
    if schema and (asked := structured.instruction(schema, target.card, any_object=True)):
        first = said[0].parts if leading_systems(said) else ()
        said = (Message("system", (Text(asked), *first)), *said[bool(first) :])
    last_system = leading_systems(said) - 1
    images: list[dict[str, Any]] = []
    for position, message in enumerate(said):
        if message.role == "tool":
            for part in message.parts:
                if isinstance(part, ToolResult):
                    yield _tool_message(part, target, images)
            continue
        if images:
            yield {"role": "user", "content": images}
            images = []
        encoded = _message(message, request, target)
        if position == last_system:
            _mark(encoded, target)
        yield encoded
    if images:
        yield {"role": "user", "content": images}


def _mark(encoded: dict[str, Any], target: Target) -> None:
    """Ask for the system prompt ``encoded`` to be kept, where the host passes such marks on."""
    plan, content = target.cache, encoded["content"]
    if plan is None or not plan.system_prompt or "cache_marks" not in target.card.abilities:
        return
    if isinstance(content, str) and target.would_cache(content):
        block = {"type": "text", "text": content, "cache_control": plan.mark}
        encoded["content"] = [block]


def _message(message: Message, request: ChatRequest, target: Target) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": message.role}
    if message.name:
        encoded["name"] = message.name
    if message.role == "assistant":
        return encoded | _assistant(message, target)
    blocks = [_block(part, request, target) for part in plain(message.parts)]
    if all(block.get("type") == "text" for block in blocks):
        encoded["content"] = "\n\n".join(block["text"] for block in blocks)
    else:
        encoded["content"] = blocks
    return encoded


def _assistant(message: Message, target: Target) -> dict[str, Any]:
    text = "\n\n".join(as_text(part) for part in plain(message.parts))
    encoded: dict[str, Any] = {"content": text}
    calls = [tool_call(part) for part in message.parts if isinstance(part, ToolCall)]
    if calls:
        encoded["tool_calls"] = calls
    for part in message.parts:
        if isinstance(part, Reasoning) and part.payload and part.origin == target.card.origin:
            replay(encoded, payload_object(part.payload), target)
    if calls:
        encoded["content"] = encoded["content"] or None
    return encoded


def replay(encoded: dict[str, Any], payload: dict[str, Any], target: Target) -> None:
    """Give a model its own thinking back, in the field in which it came (see stream.py)."""
    content = payload.pop("content", None)
    if isinstance(content, list):
        encoded["content"] = [*content, {"type": "text", "text": encoded["content"]}]
    elif isinstance(content, str) and "keep_thinking" in target.card.abilities:
        encoded["content"] = content + encoded["content"]
    encoded |= {key: value for key, value in payload.items() if key in THINKING}
    signed = sequence(payload.get("extra_content"))
    calls = sequence(encoded.get("tool_calls"))
    if signed and len(signed) == len(calls):
        encoded["tool_calls"] = [
            {"extra_content": signature, **call} if signature else call
            for call, signature in zip(calls, signed, strict=True)
        ]


def tool_call(call: ToolCall) -> dict[str, Any]:
    """A call that a model has asked for, as a message holds it."""
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _tool_message(
    result: ToolResult, target: Target, images: list[dict[str, Any]]
) -> dict[str, Any]:
    """A tool's result; its images, which this role cannot hold, go into ``images``."""
    texts: list[str] = []
    for part in result.parts:
        if isinstance(part, Image) and "images" in target.card.abilities:
            images.append(_image(part))
            texts.append("[The tool returned an image; it follows.]")
        else:
            texts.append(as_text(part))
    return {"role": "tool", "tool_call_id": result.call_id, "content": "\n\n".join(texts)}


def _block(part: Plain, request: ChatRequest, target: Target) -> dict[str, Any]:
    abilities = target.card.abilities
    if isinstance(part, Image) and "images" in abilities:
        return _image(part)
    if isinstance(part, File) and "files" in abilities:
        content = data_url(part.media_type, part.data)
        return {"type": "file", "file": {"filename": part.name, "file_data": content}}
    if isinstance(part, Unreadable) and request.wire == NAME:
        block = payload_object(part.payload)
        # A readable text would have been read: of this type only a broken one comes here.
        if block.get("type") not in (None, "text"):
            return block
    return {"type": "text", "text": as_text(part)}


def _image(image: Image) -> dict[str, Any]:
    address: dict[str, Any] = {"url": image_url(image)}
    if image.detail:
        address["detail"] = image.detail
    return {"type": "image_url", "image_url": address}
