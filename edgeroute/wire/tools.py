"""Tool definitions in OpenAI's formats: as callers of our endpoint send them, and as we do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from edgeroute.core.request import ChatRequest, Tool
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import Json, mapping, sequence, string

ALLOWED: Final = "allowed_tools"


def read_tools(
    items: object, function: Callable[[Json], Json | None], schema: str
) -> tuple[tuple[Tool, ...], list[Any]]:
    """The functions among ``items``, and the tools that only one provider understands.

    ``function`` gives the object that names a function, None for another kind of tool;
    ``schema`` is its field for the parameters.

    Raises:
        WireError: ``items`` are no list, or one's ``type`` is no text.
    """
    if not isinstance(items, list | None):
        raise WireError("tools must be a list.")
    for position, item in enumerate(sequence(items)):
        if not isinstance(mapping(item).get("type"), str | None):
            raise WireError(f"tools[{position}].type must be a text.")
    tools: list[Tool] = []
    others: list[Any] = []
    for item in sequence(items):
        found = mapping(function(mapping(item)))
        name, strict = string(found.get("name")), found.get("strict")
        if not name:
            others.append(item)
            continue
        tools.append(
            Tool(
                name=name,
                description=string(found.get("description")),
                parameters=mapping(found.get(schema)),
                strict=strict if isinstance(strict, bool) else None,
            )
        )
    return tuple(tools), others


def allowed_mode(choice: Json) -> str:
    """How some of the tools may be called; empty for any other choice."""
    if choice.get("type") != ALLOWED:
        return ""
    mode = string((mapping(choice.get(ALLOWED)) or choice).get("mode"))
    return mode if mode == "required" else "auto"


def write_tools(
    request: ChatRequest,
    others: Sequence[Any],
    define: Callable[[Tool], dict[str, Any]],
    named: Callable[[str], dict[str, Any]],
) -> dict[str, Any]:
    """The fields of a body that concern tools, of which there is at least one.

    ``others`` are tools that only one provider understands. ``define`` writes a tool's definition,
    ``named`` the choice of one tool by its name.
    """
    body: dict[str, Any] = {"tools": [*map(define, request.tools), *others]}
    choice = request.tool_choice
    if choice != "auto":
        body["tool_choice"] = choice if choice in {"none", "required"} else named(choice)
    if request.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = request.parallel_tool_calls
    return body
