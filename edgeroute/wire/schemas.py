"""Schemas of tools in the form that every provider takes: one object that names its properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edgeroute.wire.json_data import Json, dump_text, mapping, mappings, sequence, string

EMPTY: Final[Mapping[str, Any]] = {"type": "object", "properties": {}}
_ALTERNATIVES: Final = ("anyOf", "oneOf")
_JOINED: Final = "allOf"
# At the top of a tool's schema they are refused, or say nothing of an object.
_REFUSED: Final = frozenset(
    {*_ALTERNATIVES, _JOINED, "$ref", "const", "else", "enum", "if", "not", "nullable", "then"}
)
_LONGEST: Final = 1_000  # characters of a rule that is told in words
_DEEPEST: Final = 16


def as_object(schema: Json) -> Json:
    """``schema`` as one object. Alternatives become optional properties, and are told in words."""
    if _fits(schema):
        return schema
    merged = _merged(schema, schema, _DEEPEST)
    rest = {key: value for key, value in schema.items() if key not in _REFUSED}
    described = [string(schema.get("description")), _in_words(schema)]
    if any(described):
        rest["description"] = "\n".join(filter(None, described))
    rest |= {"type": "object", "properties": merged["properties"]}
    required = [name for name in merged["required"] if name in merged["properties"]]
    return rest | {"required": required} if required else _without(rest, "required")


def name_properties(body: dict[str, Any], *path: str) -> None:
    """Name the properties of tools that have none: without them an object is refused.

    ``path`` leads from a tool to its schema. Everything else passes as it is.
    """
    if isinstance(body.get("tools"), list):
        body["tools"] = [_named(tool, *path) for tool in body["tools"]]


def _named(value: Any, *path: str) -> Any:
    if not isinstance(value, dict):
        return value
    if path:
        key, *rest = path
        return {**value, key: _named(value[key], *rest)} if key in value else value
    plain = not _REFUSED & value.keys() and value.get("type") in (None, "object")
    return {**value, **EMPTY} if plain and "properties" not in value else value


def _fits(schema: Json) -> bool:
    return (
        schema.get("type") == "object"
        and isinstance(schema.get("properties"), Mapping)
        and not _REFUSED & schema.keys()
        and {*map(str, sequence(schema.get("required")))} <= schema["properties"].keys()
    )


def _without(schema: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}


def _merged(schema: Json, root: Json, depth: int) -> dict[str, Any]:
    """The properties of all parts of ``schema``, and those that each alternative requires."""
    properties = dict(mapping(schema.get("properties")))
    required = [name for name in sequence(schema.get("required")) if isinstance(name, str)]
    whole = [*mappings(schema.get(_JOINED)), *_referred(schema, root)]
    for part in whole if depth else ():
        found = _merged(part, root, depth - 1)
        _add(properties, found["properties"])
        required += [name for name in found["required"] if name not in required]
    for key in _ALTERNATIVES if depth else ():
        found_all = [_merged(part, root, depth - 1) for part in mappings(schema.get(key))]
        for found in found_all:
            _add(properties, found["properties"])
        common = [set(found["required"]) for found in found_all]
        always = set.intersection(*common) if common else set()
        required += [name for name in sorted(always) if name not in required]
    return {"properties": properties, "required": required}


def _referred(schema: Json, root: Json) -> list[Json]:
    """What the ``$ref`` of ``schema`` stands for, where it stands in the same schema."""
    head, *steps = string(schema.get("$ref")).split("/")
    if head != "#" or not steps:
        return []
    found = root
    for step in steps:
        found = mapping(found.get(step))
    return [found]


def _add(properties: dict[str, Any], more: Json) -> None:
    for name, schema in more.items():
        known = properties.get(name, schema)
        properties[name] = known if known == schema else {"anyOf": [known, schema]}


def _in_words(schema: Json) -> str:
    """The alternatives, which an object cannot say."""
    told = {key: schema[key] for key in _ALTERNATIVES if schema.get(key)}
    written = dump_text(told) if told else ""
    return f"It must also follow: {written}" if written and len(written) <= _LONGEST else ""
