"""No word of a JSON value goes unread."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.inspecting.json_texts import (
    MAX_DEPTH,
    KeyValues,
    argument_texts,
    nested,
    parse,
    texts,
)
from edgeroute.word_lists import word_set

WORDS = word_set("json_fields.words")
strings = st.text(max_size=12) | st.sampled_from(sorted(WORDS))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | strings,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(strings, inner, max_size=4),
    max_leaves=20,
)


def strings_in(value: Any) -> set[str]:
    """Every key and string of ``value``."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return set(value).union(*map(strings_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(strings_in, value))
    return set()


@given(value=values)
def test_every_string_and_key_is_read(value: Any) -> None:
    """Each key and string but the words of the formats is in one of the texts."""
    read = texts(value)
    for string in strings_in(value) - WORDS:
        if string and string not in {"id", "call_id"}:
            assert any(string in text for text in read)


@given(value=values)
def test_parsed_and_built_values_are_cut_alike(value: Any) -> None:
    """The texts of a value are those of its JSON: inspector and gate read the same."""
    assert texts(parse(json.dumps(value))) == texts(value)


def test_doubled_keys_are_all_read() -> None:
    """A key that stands twice hides nothing."""
    value = parse('{"content": "first", "content": "second"}')
    assert value == KeyValues([("content", "first"), ("content", "second")])
    assert texts(value) == ["first", "second"]


def test_values_are_read_next_to_their_keys() -> None:
    """Short values are read in one text, each with its key; messages are texts of their own."""
    value = {"name": "Jane", "role": "user", "phone": 4155552671, "n": 3, "content": "Hi"}
    assert texts(value) == ["Hi", "name: Jane\nphone: 4155552671"]


def test_numbers_of_a_call_are_the_users() -> None:
    """In a tool call even short numbers are read."""
    assert texts({"pin": 4321}) == ["pin"]
    assert texts({"pin": 4321}, all_numbers=True) == ["pin: 4321"]
    assert texts({"arguments": {"pin": 4321}}) == ["pin: 4321"]


def test_json_in_strings_is_read_in_clear() -> None:
    """Escapes in JSON that is wrapped as text, however often, are resolved."""
    wrapped = json.dumps({"a": json.dumps({"who": json.dumps(["J\u00fcrgen"])})})
    assert any(text == "J\u00fcrgen" for text in argument_texts(wrapped))
    assert argument_texts("{broken") == ["{broken"]
    assert nested("plain") is None


def test_machine_ids_are_read_without_their_key() -> None:
    """The word "id" next to a number would look personal; the number alone is still read."""
    assert texts({"tool_call_id": "call_123456"}) == ["call_123456"]


def test_many_short_strings_make_pieces_of_bounded_length() -> None:
    """A large schema is read in pieces, so that one change costs one piece."""
    read = texts({f"key{n}": "value" * 10 for n in range(1000)})
    assert len(read) > 5
    assert max(map(len, read)) < 4200


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, '{"a":' * 5000 + "1" + "}" * 5000])
def test_nesting_has_an_end(text: str) -> None:
    """Deep nesting is an error, not a crash."""
    with pytest.raises(ValueError, match="nested too deeply"):
        texts(parse(text))
    value: Any = "x"
    for _ in range(MAX_DEPTH + 1):
        value = [value]
    with pytest.raises(ValueError, match="nested too deeply"):
        texts(value)
