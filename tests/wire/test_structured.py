"""Schemas for answers."""

from __future__ import annotations

from typing import Any

import pytest

from edgeroute.wire.structured import is_strict

CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
OPEN = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CLOSED, True),
        (OPEN, False),
        (CLOSED | {"required": []}, False),
        (CLOSED | {"required": [{}, "a"]}, True),
        ({"type": "array", "items": CLOSED}, True),
        ({"type": "array", "items": OPEN}, False),
        ({"anyOf": [CLOSED, OPEN]}, False),
        ({"$ref": "#/$defs/x", "$defs": {"x": OPEN}}, False),
        (CLOSED | {"properties": {"a": OPEN}}, False),
        ({"type": "string"}, True),
    ],
)
def test_only_closed_schemas_are_strict(schema: dict[str, Any], strict: bool) -> None:  # noqa: FBT001
    """Strict mode wants every object closed and every property required, at every depth."""
    assert is_strict(schema) is strict
