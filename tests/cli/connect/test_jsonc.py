"""JSON with comments, changed in place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.cli.connect import jsonc

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


@given(
    given=st.dictionaries(st.text(max_size=3), VALUES, max_size=4),
    name=st.text(min_size=4, max_size=5),
    value=VALUES,
    indent=st.sampled_from([None, 2, 4]),
)
def test_what_is_put_in_can_be_taken_out(
    given: dict[str, Any], name: str, value: Any, indent: int | None
) -> None:
    """Both leave every other value as it is, whatever the form."""
    text = json.dumps(given, indent=indent)
    more = jsonc.change(text, [name], value)
    assert jsonc.parse(more).value == given | {name: value}
    assert jsonc.remove(more, [name]) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '{\n  "a": 1\n}\n',
        '{\n  "a": 1,\n}\n',
        '{\n\t"a": 1, // mine\n}\n',
        '{\n  "a": 1 // mine\n}\n',
        '{\n  "a": 1 /* mine */\n  // to the end\n}\n',
        '// above\n{\n  "b": {},\n  "a": [1, 2,]\n}\n// below',
    ],
)
def test_comments_and_commas_stay(text: str) -> None:
    """A new member has a line of its own where others have; taking it out restores every byte."""
    more = jsonc.change(text, ["x", "y"], "z")
    assert jsonc.parse(more).value == jsonc.parse(text).value | {"x": {"y": "z"}}
    assert jsonc.remove(more, ["x"]) == text
    assert [line in more for line in text.split("\n") if "mine" in line] in ([], [True], [False])
    assert more.count("mine") == text.count("mine")


@pytest.mark.parametrize(
    ("text", "name", "left"),
    [
        ('{"a": 1, "b": 2, "c": 3}', "a", '{"b": 2, "c": 3}'),
        ('{"a": 1, "b": 2, "c": 3}', "b", '{"a": 1, "c": 3}'),
        ('{"a": 1, "b": 2, "c": 3}', "c", '{"a": 1, "b": 2}'),
        ('{\n  "a": 1, // one\n  "b": 2 // two\n}', "b", '{\n  "a": 1 // one\n  // two\n}'),
        ('{ /* one */ "a": 1 }', "a", "{ /* one */ }"),
        ('{"a": 1}', "b", '{"a": 1}'),
    ],
)
def test_one_of_many_is_taken_out(text: str, name: str, left: str) -> None:
    """The others and every comment stay."""
    assert jsonc.parse(jsonc.remove(text, [name])).value == jsonc.parse(left).value
    assert jsonc.remove(text, [name]).split() == left.split()


def test_lists_grow_and_shrink_in_place() -> None:
    """Items of a list are added to it and taken out again."""
    text = '{"a": [ {"b": 1} ] /* c */}'
    more = jsonc.change(text, ["a"], [{"c": 2}])
    assert jsonc.parse(more).value == {"a": [{"b": 1}, {"c": 2}]}
    assert jsonc.remove(more, ["a", 1]) == text
    with pytest.raises(ValueError, match="something else"):
        jsonc.change('{"a": 1}', ["a"], [2])


@pytest.mark.parametrize(
    "text",
    ["{", '{"a"', '{"a": ', '{"a": 1', '{"a" 1}', '{"a": 1 "b": 2}', '{"a": }', "{} {}", "[1 2]",
     '{"a": "b', "{a: 1}", "/* {}", "[" * 200],
)  # fmt: skip
def test_what_is_no_json_is_refused(text: str) -> None:
    """Also where it breaks off, and where it is nested too deep."""
    with pytest.raises(ValueError, match=r"."):
        jsonc.parse(text)
