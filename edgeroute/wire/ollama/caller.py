"""What a caller of our endpoint asks in Ollama's form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from edgeroute.core.messages import (
    Image,
    Message,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from edgeroute.core.messages import system as system_message
from edgeroute.core.pictures import media_type_of
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.wire import fill
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
    string,
    strings,
)
from edgeroute.wire.parts import decode_base64, unreadable
from edgeroute.wire.tools import read_tools

_ROLES: dict[str, Role] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}
_LATEST = ":latest"
_EFFORTS: Final = ("", "low", "medium", "high")
_OPTIONS: Final = frozenset({"temperature", "top_p", "num_predict", "stop", "seed"})
# Read here, or refused by name; a model stays in memory as long as it is of use.
_FIELDS: Final = frozenset(
    {
        "model", "name", "messages", "tools", "format", "options", "stream", "think", "prompt",
        "suffix", "images", "system", "template", "context", "raw", "keep_alive",
    }
)  # fmt: skip


def named_model(body: Json) -> str:
    """The model that ``body`` names (``name`` in older clients), without Ollama's usual tag.

    Raises:
        WireError: it is no text.
    """
    named = body if body.get("model") not in (None, "") else {"model": body.get("name")}
    return model_name(named).removesuffix(_LATEST) or "auto"


def decode_chat(body: Json) -> ChatRequest:
    """The request in ``body``.

    Raises:
        WireError: something is missing or of the wrong type.
    """
    calls = _Calls()
    return replace(
        _asked(body),
        messages=tuple(
            _message(mapping(item), position, calls)
            for position, item in enumerate(need_list(body, "messages"))
        ),
        tools=_tools(body),
    )


def decode_generate(body: Json) -> ChatRequest:
    """The request in ``body``: one prompt, perhaps with a suffix to write towards.

    Raises:
        WireError: something is missing or of the wrong type, or needs Ollama's own templates.
    """
    for name in ("template", "context"):
        if body.get(name):
            raise WireError(f"{name} is not taken here.", "Use /api/chat for a conversation.")
    prompt = body.get("prompt") or ("" if body.get("suffix") else None)
    if not isinstance(prompt, str):
        raise WireError("prompt must be a text.")
    asked = _asked(body)
    gap = fill.gap(prompt, body.get("suffix"))
    if gap is not None:
        return replace(asked, messages=gap, fill=True)
    if body.get("raw"):
        raise WireError(
            "raw is for filling a gap, with the marks of Qwen's coder models or with suffix.",
            "Leave raw away.",
        )
    told = string(body.get("system"))
    asking = Message("user", tuple(_content({"content": prompt, "images": body.get("images")})))
    return replace(asked, messages=(system_message(told), asking) if told else (asking,))


def without_prompt(body: Json) -> ChatRequest:
    """The request of a client that only wants the model in memory, or out of it.

    Raises:
        WireError: something is of the wrong type.
    """
    strings(body.get("images"), "images")
    _tools(body)
    fill.gap("", body.get("suffix"))
    return _asked(body)


def _asked(body: Json) -> ChatRequest:
    """All but the messages."""
    options = body.get("options")
    if not isinstance(options, dict | None):
        raise WireError("options must be an object.")
    return ChatRequest(
        messages=(),
        model=named_model(body),
        response_format=_format(body.get("format")),
        sampling=_sampling(options or {}),
        reasoning_effort=_effort(body.get("think")),
        front_door="http",
    )


def _sampling(options: Json) -> Sampling:
    if (
        integer(options.get("num_predict"), "num_predict") == 0
    ):  # as Ollama's clients ask for a model to be loaded
        options = {key: value for key, value in options.items() if key != "num_predict"}
    return sampling(options, "num_predict", stop="stop", seed="seed")


def ignored_options(body: Json) -> tuple[str, ...]:
    """The fields and options in ``body`` that change nothing here."""
    others = [name for name, value in body.items() if name not in _FIELDS and value]
    others += [name for name in mapping(body.get("options")) if name not in _OPTIONS]
    return tuple(sorted(others))


def _format(value: object) -> Json | None:
    if value in (None, ""):
        return None
    if value == "json":
        return {}
    if not isinstance(value, dict):
        raise WireError('format must be "json" or a JSON schema.')
    return value


def _effort(value: object) -> str:
    if isinstance(value, bool):
        return "medium" if value else "none"
    if value not in (None, *_EFFORTS):
        raise WireError("think must be true, false, low, medium or high.")
    return string(value)


def _tools(body: Json) -> tuple[Tool, ...]:
    tools, others = read_tools(body.get("tools"), _function, "parameters")
    if others:
        raise WireError("tools must be functions with a name.")
    return tools


def _function(tool: Json) -> Json:
    return mapping(tool.get("function"))


@dataclass(slots=True)
class _Calls:
    """Names the calls of a conversation, whose clients often know no ids."""

    open: list[ToolCall] = field(default_factory=list)
    count: int = 0

    def made(self, call: Json) -> ToolCall:
        """A call of the model's."""
        function = mapping(call.get("function"))
        given = function.get("arguments")
        arguments = given if isinstance(given, str) else dump_text(given or {})
        self.count += 1
        name = string(call.get("id")) or f"call_{self.count}"
        made = ToolCall(name, string(function.get("name")), arguments)
        self.open.append(made)
        return made

    def answered(self, name: str, call_id: str) -> ToolCall:
        """The call that a result belongs to: by id, else the first open one of that name."""
        by_id = (call for call in self.open if call.id == call_id)
        by_name = (call for call in self.open if not name or call.name == name)
        found = next(by_id if call_id else by_name, None)
        if found is not None:
            self.open.remove(found)
            return found
        return ToolCall(call_id or name, name, "")


def _message(message: Json, position: int, calls: _Calls) -> Message:
    role = _ROLES.get(string(message.get("role")))
    if role is None:
        raise WireError(f"messages[{position}].role must be system, user, assistant or tool.")
    if not isinstance(message.get("content"), str | None):
        raise WireError(f"messages[{position}].content must be a text.")
    parts = tuple(_content(message))
    if role == "tool":
        name = string(message.get("tool_name")) or string(message.get("name"))
        call = calls.answered(name, string(message.get("tool_call_id")))
        result = ToolResult(call.id, parts, call.name or name)
        return Message("tool", (result,))
    if role == "assistant":
        thought = string(message.get("thinking"))
        before: tuple[Part, ...] = (Reasoning(thought),) if thought else ()
        made = [calls.made(call) for call in mappings(message.get("tool_calls"))]
        return Message(role, (*before, *parts, *made))
    return Message(role, parts)


def _content(message: Json) -> Iterator[Any]:
    text = string(message.get("content"))
    if text:
        yield Text(text)
    pictures = strings(message.get("images"), "images")
    for encoded in pictures:
        data = decode_base64(encoded)
        kind = media_type_of(data) if data else ""
        yield Image(kind, data) if data and kind else unreadable({"type": "image", "data": encoded})
