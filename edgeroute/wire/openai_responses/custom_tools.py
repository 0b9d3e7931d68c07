"""Tools that are called with one text, and the items of other tools, in the nouns of all formats.

A custom tool is a function with one text argument to everybody who does not know such tools.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from edgeroute.core.messages import Part, Role, Text, ToolCall, ToolResult
from edgeroute.core.request import Tool
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import Json, dump_text, load, mapping, mappings, string
from edgeroute.wire.parts import unreadable

ARGUMENT: Final = "input"
_PARAMETERS: Final = {
    "type": "object",
    "properties": {ARGUMENT: {"type": "string"}},
    "required": [ARGUMENT],
    "additionalProperties": False,
}
_CALL: Final = "_call"
_OUTPUT: Final = "_call_output"
_OWN_FIELDS: Final = frozenset({"type", "id", "call_id", "status", "name"})


def as_function(tool: Json) -> Json | None:
    """A custom tool as a function; None for any other."""
    if tool.get("type") != "custom":
        return None
    grammar = mapping(tool.get("format"))
    described = string(tool.get("description"))
    if grammar.get("definition"):
        syntax = string(grammar.get("syntax"))
        described += f"\n\nThe input follows this {syntax} grammar:\n{grammar['definition']}"
    return {"name": tool.get("name"), "description": described, "parameters": _PARAMETERS}


def marked(tools: Sequence[Tool], items: object) -> tuple[Tool, ...]:
    """``tools`` with those marked that are custom ones among ``items``."""
    custom = {item.get("name") for item in mappings(items) if item.get("type") == "custom"}
    return tuple(replace(tool, custom=True) if tool.name in custom else tool for tool in tools)


def read_item(item: Json) -> tuple[Role, list[Part]]:
    """A call of a tool that is no function, its output, or anything else, with who said it."""
    kind, call_id = string(item.get("type")), string(item.get("call_id"))
    if call_id and kind.endswith(_OUTPUT):
        return "tool", [ToolResult(call_id, _output(item))]
    if call_id and kind.endswith(_CALL):
        rest = {key: value for key, value in item.items() if key not in _OWN_FIELDS}
        name = string(item.get("name")) or kind.removesuffix(_CALL)
        return "assistant", [ToolCall(call_id, name, dump_text(rest))]
    return ("user" if kind.endswith("_output") else "assistant"), [unreadable(item)]


def _output(item: Json) -> tuple[Any, ...]:
    output = item.get("output")
    if isinstance(output, str):
        return (Text(output),) if output else ()
    rest = {key: value for key, value in item.items() if key not in _OWN_FIELDS}
    return (unreadable({"type": "output", **rest}),)


def text_of(arguments: str) -> str:
    """The one text in the arguments of a custom tool's call."""
    try:
        found = load(arguments)
    except WireError:
        return arguments
    return string(mapping(found).get(ARGUMENT)) if isinstance(found, dict) else arguments


class TextArguments:
    """Writes a custom tool's input, which comes in pieces, as arguments."""

    def __init__(self) -> None:
        self._begun = False

    def more(self, text: str) -> str:
        """The arguments' next piece."""
        head = "" if self._begun else f'{{"{ARGUMENT}":"'
        self._begun = True
        return head + dump_text(text)[1:-1]

    def end(self, text: str) -> str:
        """The arguments' last piece; ``text`` is the whole input, for calls without pieces."""
        return '"}' if self._begun else dump_text({ARGUMENT: text})
