"""Tool definitions as callers of our endpoint send them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgeroute.core.request import Tool
from edgeroute.wire.fields import Json, mapping, sequence, string


def read_tools(
    items: object, function: Callable[[Json], Json | None], schema: str
) -> tuple[tuple[Tool, ...], list[Any]]:
    """The functions among ``items``, and the tools that only one provider understands.

    ``function`` gives the object that names a function, None for another kind of tool;
    ``schema`` is its field for the parameters.
    """
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
