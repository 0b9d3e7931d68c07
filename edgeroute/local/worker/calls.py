"""Reads the tool calls that Qwen models write: as JSON or as tags, one or several, slips mended.

What cannot be mended is refused: half a call, or one of a tool that was not offered, is neither
run nor shown as if it were an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Any, Final, NamedTuple

from edgeroute.core.errors import LocalModelError
from edgeroute.core.request import Tool
from edgeroute.wire.json_data import mapping, mappings, sequence, string

OPEN: Final = "<tool_call>"
CLOSE: Final = "</tool_call>"
FUNCTION: Final = "<function="
FUNCTION_END: Final = "</function>"

_NAME: Final = re.compile(r"\s*<function=([^>\n]+)>")
_PARAMETER: Final = re.compile(r"\s*<parameter=([^>\n]+)>\n?")
# A parameter's own text may hold the tag that ends it: the one counts that something follows.
_PARAMETER_END: Final = re.compile(
    r"\n?</parameter>(?=\s*(?:<parameter=|</function>|</tool_call>|\Z))"
)
_NEXT: Final = re.compile(r"\n(?=<parameter=([^>\n]+)>|</function>)")
_FUNCTION_END: Final = re.compile(
    r"\s*</function>(?=\s*(?:</tool_call>|<tool_call>|<function=|\Z))"
)
_BETWEEN: Final = re.compile(r"(?:\s|,|</?tool_call>|```(?:json)?)*")
_WORDS: Final[Mapping[str, Any]] = {
    "null": None, "none": None, "true": True, "false": False
}  # fmt: skip


class Call(NamedTuple):
    """One call: the tool's name, and its arguments as a JSON object."""

    name: str
    arguments: str


class UnreadableCall(LocalModelError):
    """The model began a tool call and did not write one."""

    def __init__(self) -> None:
        super().__init__(
            "The local model called a tool in a way that cannot be read.",
            "Ask again; a larger model calls tools more reliably.",
        )


def is_whole(text: str) -> bool:
    """Whether ``text``, from inside the tags, ends where a call ends and not inside a value."""
    body = text.strip()
    if body.startswith(FUNCTION):
        return body.endswith(FUNCTION_END) and ends_function(body.removesuffix(FUNCTION_END))
    return not body.startswith(("{", "[")) or _object_end(body, 0) > 0


def ends_function(text: str) -> bool:
    """Whether the tag that ends a function may stand behind ``text``: no parameter is open."""
    return text.rstrip().endswith("</parameter>") or "<parameter=" not in text


def looks_like_call(text: str) -> bool:
    """Whether ``text``, behind an opening tag, begins as calls do."""
    return text.lstrip().startswith(("{", "[", FUNCTION, OPEN, "```"))


def read_calls(text: str, tools: Mapping[str, Tool], *, ended: bool = True) -> list[Call]:
    """The calls in ``text``, which stood inside the tags; at least one.

    ``ended`` says that the model has ended them, so that what is lacking was forgotten.

    Raises:
        UnreadableCall: it holds something else, too, or nothing.
    """
    found: list[Call] = []
    place = _skip(text, 0)
    while place < len(text):
        if text.startswith(FUNCTION, place):
            call, place = _tagged(text, place, tools)
            found.append(call)
        else:
            value, place = _json(text, place, ended=ended)
            rows = value if isinstance(value, list) else [value]
            found += [_named(row, tools) for row in rows]
        place = _skip(text, place)
    if not found:
        raise UnreadableCall
    return found


def bare_call(text: str, tools: Mapping[str, Tool]) -> list[Call]:
    """The calls where ``text`` is nothing but JSON that names ``tools``; else none."""
    body = text.strip()
    if not body.startswith(("{", "[", "```")) or '"name"' not in body or '"arguments"' not in body:
        return []
    try:
        return read_calls(body, tools, ended=False)
    except UnreadableCall:
        return []


def _skip(text: str, place: int) -> int:
    match = _BETWEEN.match(text, place)
    return match.end() if match else place


def _tagged(text: str, place: int, tools: Mapping[str, Tool]) -> tuple[Call, int]:
    """The call that begins at ``place`` as tags, and where it ends."""
    head = _NAME.match(text, place)
    if head is None:
        raise UnreadableCall
    name, place = _known(head.group(1).strip(), tools), head.end()
    schema = tools[name].parameters
    properties = mapping(schema.get("properties"))
    arguments: dict[str, Any] = {}
    while parameter := _PARAMETER.match(text, place):
        key = parameter.group(1).strip()
        end = _value_end(text, parameter.end(), properties.keys() - arguments.keys() - {key})
        value = text[parameter.end() : end.start()]
        arguments[key] = _typed(value, properties.get(key), schema)
        place = end.end()
    closing = _FUNCTION_END.match(text, place)
    if closing is None and text[place:].strip():
        raise UnreadableCall
    return Call(name, _dump(arguments)), closing.end() if closing else len(text)


def _value_end(text: str, begin: int, expected: AbstractSet[str]) -> re.Match[str]:
    """The tag that ends a parameter's value; where it was forgotten, what stands before the next of
    the ``expected`` ones or before the function's end.
    """
    end = _PARAMETER_END.search(text, begin)
    for other in _NEXT.finditer(text, begin, end.start() if end else len(text)):
        if other.group(1) in expected or (end is None and other.group(1) is None):
            return other
    if end is None:
        raise UnreadableCall
    return end


def _json(text: str, place: int, *, ended: bool) -> tuple[Any, int]:
    """The JSON value at ``place``, with the slips of small models mended, and where it ends."""
    if text[place : place + 1] not in {"{", "["}:
        raise UnreadableCall
    end = _object_end(text, place) or len(text)
    body = text[place:end]
    for attempt in _mended(body, ended=ended):
        try:
            return json.loads(attempt, strict=False), end
        except (ValueError, RecursionError):
            continue
    raise UnreadableCall


def _mended(body: str, *, ended: bool) -> Iterator[str]:
    """``body`` as it is, then without trailing commas or doubled braces; where the model has
    ``ended`` it, with the brackets that it forgot.
    """
    yield body
    commas = {
        place
        for (place, sign), (_, after) in pairwise(_signs(body))
        if sign == "," and after in "}]"
    }
    mended = "".join(sign for place, sign in enumerate(body) if place not in commas)
    yield mended
    if mended.startswith("{{"):
        # The braces of a template: all of them are doubled, or the outer ones.
        yield mended.replace("{{", "{").replace("}}", "}")
        yield mended[1:-1]
    if ended:
        yield mended + _lacking(mended)


def _signs(text: str, place: int = 0) -> Iterator[tuple[int, str]]:
    """The signs of ``text`` outside of strings and white space, each with its place.

    A string counts as its first quotation mark; one without an end as two.
    """
    inside = escaped = False
    for number in range(place, len(text)):
        sign = text[number]
        if inside:
            inside, escaped = (True, False) if escaped else (sign != '"', sign == "\\")
        elif not sign.isspace():
            inside = sign == '"'
            yield number, sign
    if inside:
        yield len(text), '"'


def _object_end(text: str, place: int) -> int:
    """Behind the bracket that closes the one at ``place``; 0 where none does."""
    depth = 0
    for number, sign in _signs(text, place):
        depth += (sign in "{[") - (sign in "}]")
        if not depth:
            return number + 1
    return 0


def _lacking(text: str) -> str:
    """The brackets that ``text`` does not close."""
    stack: list[str] = []
    for _, sign in _signs(text):
        if sign in "{[":
            stack.append("}" if sign == "{" else "]")
        elif stack and sign == stack[-1]:
            stack.pop()
    return "".join(reversed(stack))


def _named(value: Any, tools: Mapping[str, Tool]) -> Call:
    """The call that a JSON object means."""
    call = mapping(value)
    inner = mapping(call.get("function")) or call
    name = _known(string(inner.get("name")) or string(call.get("function")), tools)
    given = inner.get("arguments", inner.get("parameters"))
    if isinstance(given, str):
        try:
            given = json.loads(given, strict=False)
        except (ValueError, RecursionError):
            raise UnreadableCall from None
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise UnreadableCall
    return Call(name, _dump(_fitted(given, tools[name].parameters)))


def _fitted(given: Mapping[str, Any], schema: Mapping[str, object]) -> dict[str, Any]:
    """Arguments without those that ``schema`` rules out, and numbers that were written as texts."""
    properties = mapping(schema.get("properties"))
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    made: dict[str, Any] = {}
    for key, value in given.items():
        if closed and key not in properties:
            continue
        kinds = set(_kinds(properties.get(key), schema))
        mendable = isinstance(value, str) and kinds and "string" not in kinds
        made[key] = _typed(value, properties.get(key), schema) if mendable else value
    return made


def _known(name: str, tools: Mapping[str, Tool]) -> str:
    """The offered tool that ``name`` means, whatever its case."""
    if name in tools:
        return name
    alike = [tool for tool in tools if tool.casefold() == name.strip().casefold()]
    if len(alike) != 1:
        raise UnreadableCall
    return alike[0]


def _typed(text: str, schema: object, whole: Mapping[str, object]) -> Any:
    """A parameter's value: what its schema allows that the text can mean, else the text."""
    kinds = set(_kinds(schema, whole))
    try:
        value = _WORDS.get(text.strip().casefold(), ...)
        value = json.loads(text, strict=False) if value is ... else value
    except (ValueError, RecursionError):
        return text
    if isinstance(value, float) and value.is_integer() and "number" not in kinds:
        value = int(value)
    kind = _kind_of(value)
    if not kinds:
        return value if isinstance(value, dict | list) else text
    if kind == "string":  # quotation marks that a text brings are its own
        return text if "string" in kinds else value
    allowed = kind in kinds or (kind == "integer" and "number" in kinds)
    return value if allowed or "string" not in kinds else text


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
    named = next((name for kind, name in kinds if isinstance(value, kind)), "")
    return named or ("array" if isinstance(value, list) else "object")


def _kinds(schema: object, whole: Mapping[str, object], depth: int = 0) -> Iterator[str]:
    """The types that ``schema``, a part of ``whole``, allows; none where it says nothing."""
    found = mapping(schema)
    if depth > 8:
        return
    kind = found.get("type")
    yield from [kind] if isinstance(kind, str) else map(string, sequence(kind))
    values = [*sequence(found.get("enum")), *([found["const"]] if "const" in found else [])]
    yield from map(_kind_of, values)
    branches = [each for word in ("anyOf", "oneOf", "allOf") for each in mappings(found.get(word))]
    reference = string(found.get("$ref"))
    if reference.startswith("#/"):
        target: object = whole
        for part in reference[2:].split("/"):
            target = mapping(target).get(part)
        branches.append(mapping(target))
    for branch in branches:
        yield from _kinds(branch, whole, depth + 1)


def _dump(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False)
