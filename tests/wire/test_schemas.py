"""Schemas of tools."""

from __future__ import annotations

from typing import Any

import pytest

from edgeroute.wire.schemas import as_object, name_properties

A, B = {"type": "string"}, {"type": "integer"}


def test_a_schema_that_fits_is_not_touched() -> None:
    """Not even copied: agents send hundreds."""
    schema = {"type": "object", "properties": {"a": {"anyOf": [A, B]}}, "required": ["a"]}
    assert as_object(schema) is schema


@pytest.mark.parametrize(
    ("schema", "properties", "required"),
    [
        ({}, {}, None),
        ({"type": ["object", "null"], "properties": {"a": A}}, {"a": A}, None),
        ({"properties": {"a": A}, "required": ["a", "b"]}, {"a": A}, ["a"]),
        ({"anyOf": [{"properties": {"a": A}, "required": ["a", "c"]},
                    {"properties": {"a": B, "c": A}, "required": ["c"]}]},
         {"a": {"anyOf": [A, B]}, "c": A}, ["c"]),
        ({"allOf": [{"properties": {"a": A}, "required": ["a"]}, {"properties": {"b": B}}]},
         {"a": A, "b": B}, ["a"]),
        ({"$ref": "#/$defs/X", "$defs": {"X": {"type": "object", "properties": {"a": A}}}},
         {"a": A}, None),
        ({"$ref": "#/$defs/X", "$defs": {"X": {"$ref": "#/$defs/X"}}}, {}, None),
        ({"type": "object", "properties": {"a": A}, "anyOf": [{"required": ["a"]}, {}]},
         {"a": A}, None),
    ],
)  # fmt: skip
def test_every_schema_becomes_one_object(
    schema: dict[str, Any], properties: Any, required: Any
) -> None:
    """Alternatives are optional properties; what all of them require is required."""
    made = as_object(schema)
    assert (made["type"], made["properties"], made.get("required")) == (
        *("object", properties),
        required,
    )


def test_what_an_object_cannot_say_is_told_in_words() -> None:
    """The model still reads which alternatives there are."""
    told = as_object({"description": "Edits.", "oneOf": [{"required": ["a"]}]})["description"]
    assert told == 'Edits.\nIt must also follow: {"oneOf":[{"required":["a"]}]}'


def test_tools_that_pass_get_properties_and_nothing_else() -> None:
    """An object without properties is refused; every other schema is its caller's own affair."""
    tools = [
        {"s": {"type": "object"}},
        {"s": {"anyOf": [A]}},
        {"t": 1},
        "x",
        {"s": {"type": "string"}},
    ]
    body: dict[str, Any] = {"tools": tools}
    name_properties(body, "s")
    assert body["tools"] == [{"s": {"type": "object", "properties": {}}}, *tools[1:]]
