"""Answers against the JSON schema that was asked for, and hostile schemas."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing.strategies.answer_schema import mismatch

TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            "additionalProperties": False,
        }
    },
}


def doubling(keyword: str, levels: int) -> dict[str, Any]:
    """A schema of a few lines that asks for 2**levels comparisons."""
    names = {f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**names, f"d{levels}": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"additionalProperties": False, "properties": {"a": {}}}, {"a": 1}, {"a": 1, "b": 2}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None, 1),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, 1, "1"),
        ({"properties": {"a": {"type": ["integer", "null"]}}}, {"a": None}, {"a": "x"}),
        ({"minimum": 3}, 3, 2),
        ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, 1, 3),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, 2, 3),
        ({"not": {"type": "string"}}, 1, "x"),
        ({"const": {"a": [1]}}, {"a": [1]}, {"a": [2]}),
        ({"enum": ["a", 1]}, 1, True),
        ({"pattern": "^a+$"}, "aaa", "b"),
        ({"required": ["a", "b"]}, {"a": 1, "b": 2}, {"a": 1}),
        ({"items": {"properties": {"a": {"enum": [1]}}}}, [{"a": 1}], [{"a": 1}, {"a": 2}]),
        ({"prefixItems": [{"type": "string"}, {"type": "integer"}]}, ["a", 1], ["a", "b"]),
        ({"type": "array", "uniqueItems": True, "maxItems": 2}, [1, 2], [1, 1]),
        ({"maxLength": 2}, "ab", "abc"),
        ({"if": {"type": "string"}, "then": {"minLength": 2}}, 1, "a"),
        (TREE, {"children": [{"children": []}]}, {"children": [{"kids": []}]}),
        ({}, {"any": "object"}, [1]),
        ({"type": "object"}, {}, None),
    ],
)  # fmt: skip
def test_keywords(schema: dict[str, Any], good: Any, bad: Any) -> None:
    """What keeps to a keyword passes, what breaks it is named by its place in the schema."""
    assert mismatch(json.dumps(good), schema) == ""
    said = mismatch(json.dumps(bad), schema)
    assert said
    assert said.startswith("It does not keep to the schema: `")


@pytest.mark.parametrize("text", ["hello", "{'a': 1}", "NaN", '{"a": 1} and more', ""])
def test_what_is_not_json_is_said_to_be_none(text: str) -> None:
    """Python's own extensions of JSON count as none, too."""
    assert mismatch(text, {}) == "It is not JSON."


def test_a_missing_property_is_named() -> None:
    """The commonest mistake is said in full."""
    assert "`b` is missing" in (mismatch('{"a": 1}', {"required": ["a", "b"]}) or "")


def test_the_sentence_quotes_nothing_of_the_answer() -> None:
    """Receipts keep the sentence, and no receipt holds an answer."""
    answer = json.dumps({"Anna Kowalska": "521-44-9821"})
    for schema in ({"additionalProperties": False}, {"additionalProperties": {"type": "null"}},
                   {"const": 1}, {"propertyNames": {"maxLength": 2}}):  # fmt: skip
        said = mismatch(answer, schema)
        assert said
        assert "Anna" not in said
        assert "521" not in said


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"minimum": "three"},
        {"pattern": "("},
        {"pattern": "(?=look)ahead"},
        {"required": "a"},
        {"$schema": "urn:nobody-knows", "type": "string"},
        {"$ref": "#/$defs/missing"},
        {"$ref": "#/allOf/first", "allOf": [{}]},
        {"$ref": "#/type/x", "type": "object"},
        {"$ref": "other.json"},
        {"$ref": "file:///etc/hostname"},
        {"allOf": [{"$id": "urn:inner", "$ref": "#/x"}]},
        {"$ref": 5},
    ],
)
def test_a_schema_that_cannot_be_checked_says_nothing(schema: dict[str, Any]) -> None:
    """Neither right nor wrong: nobody can tell, and nothing breaks."""
    assert mismatch('{"a": "b"}', schema) is None


def test_no_reference_is_fetched() -> None:
    """A schema that points to a server is not checked, and the server hears nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        for schema in (
            {"$ref": address},
            {"$schema": address},
            {"properties": {"a": {"$ref": address}}},
            {"$id": address, "properties": {"a": {"$ref": "other.json"}}},
        ):
            assert mismatch('{"a": 1}', schema) is None
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ('"' + "a" * 50_000 + '!"', {"pattern": "^(a+)+$"}),
        ('"a"', {"pattern": "((a{1,1000}){1,1000}){1,1000}"}),
        ("1", doubling("anyOf", 40)),
        ("1", doubling("allOf", 40)),
        ('{"x": ' * 60 + "1" + "}" * 60,
         {"anyOf": [{"properties": {"x": {"$ref": "#"}}, "type": "null"},
                    {"properties": {"x": {"$ref": "#"}}, "required": ["y"]}]}),
        ("[" * 900 + "]" * 900, {"items": {"$ref": "#"}}),
        ("[" * 200_000, {}),
        ("1", {"$ref": "#"}),
        ('"\\ud800"', {"type": "string"}),
        ("9" * 400, {"type": "integer"}),
        ("1", json.loads('{"properties":{"a":' * 400 + "{}" + "}}" * 400)),
    ],
)  # fmt: skip
def test_a_hostile_schema_neither_hangs_nor_breaks(text: str, schema: dict[str, Any]) -> None:
    """Runaway patterns, doubling references and deep nesting end at once."""
    begun = time.perf_counter()
    mismatch(text, schema)
    assert time.perf_counter() - begun < 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
_KEYWORDS = st.sampled_from(
    ["$ref", "type", "properties", "items", "anyOf", "enum", "required", "$id", "pattern"]
)


@given(st.text(max_size=50) | _JSON.map(json.dumps), st.dictionaries(_KEYWORDS, _JSON))
def test_any_answer_meets_any_schema(text: str, schema: dict[str, Any]) -> None:
    """No pair of the two breaks the check."""
    mismatch(text, schema)
