"""Bodies to bytes and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import dump, dump_text, load, load_body, load_object, scrub


def test_bytes_keep_order_and_are_compact() -> None:
    """The same body gives the same bytes: keys as built, no blanks, no escapes."""
    assert dump({"b": 1, "a": "é\u2028"}) == '{"b":1,"a":"é\u2028"}'.encode()


def test_lone_surrogates_do_not_break_sending() -> None:
    """A half character in the text costs that character, not the request."""
    assert dump({"a": "x\ud800y"}) == b'{"a":"x?y"}'


def test_lone_surrogates_do_not_come_in() -> None:
    """Half characters from a provider become U+FFFD, whole pairs stay whole."""
    assert load('{"a":"\\ud83d\\ude00 \\ud83d"}') == {"a": "😀 \ufffd"}


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[1,]",
        '{"a":NaN}',
        '{"a":1e999}',
        '{"a":' + "9" * 5000 + "}",
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_bad_json_is_a_wire_error(data: str | bytes) -> None:
    """Whatever another party sends as JSON, the failure is one kind of error."""
    with pytest.raises(WireError):
        load(data)


@given(text=st.text(st.sampled_from('{}[]",:\\ud8d3e0.-1 truefalsn'), max_size=24))
def test_the_quick_parser_reads_what_the_thorough_one_does(text: str) -> None:
    """Whatever is taken has the value that the standard library gives it; nothing else is taken."""
    try:
        expected: object = scrub(json.loads(text))
    except ValueError:
        expected = WireError
    try:
        found: object = load(text)
    except WireError:
        found = WireError
    assert repr(found) == repr(expected) or "inf" in repr(expected)


@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_what_is_written_is_what_the_standard_library_writes(value: object) -> None:
    """The quick encoder changes no byte that a provider's cache has seen."""
    written = json.dumps({"a": value}, ensure_ascii=False, separators=(",", ":"))
    assert dump({"a": value}) == written.encode("utf-8", "replace")
    assert dump_text({"a": value}) == written


def test_an_object_is_an_object() -> None:
    """A body that is a list or a text is refused."""
    with pytest.raises(WireError, match="must be an object"):
        load_object(json.dumps(["a"]))


@pytest.mark.parametrize(
    "body",
    [
        {f"x_{n}": n for n in range(200_000)},
        {"metadata": {f"x_{n}": n for n in range(200_000)}},
        {"messages": [{"role": "user", "x": [{f"x_{n}": n for n in range(3_000)}]}]},
        {"messages": [{f"x_{n}": n for n in range(500)} for _ in range(1_000)]},
        {"tools": [{"parameters": {f"x_{n}": n for n in range(200_000)}}]},
    ],
    ids=["top", "below", "part", "many", "tool"],
)
def test_a_body_of_fields_is_refused_early(body: dict[str, object]) -> None:
    """What is all fields and no content is turned away before anything else reads it."""
    with pytest.raises(WireError, match="fields"):
        load_body(json.dumps(body))


def test_a_deep_body_is_refused_early() -> None:
    """Nesting that no format needs is refused, whatever the parser would bear."""
    with pytest.raises(WireError, match="nested too deeply"):
        load_body('{"a":' * 150 + "1" + "}" * 150)


def test_a_large_honest_body_is_taken() -> None:
    """A long conversation with many tools, and a call with a large argument, are no attack."""
    call = {
        "type": "tool_use",
        "id": "t",
        "name": "save",
        "input": {f"k{n}": n for n in range(9_000)},
    }
    shape = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(100)}}
    body = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}] * 3_000
        + [{"role": "assistant", "content": [call]}],
        "tools": [{"name": f"t{n}", "input_schema": shape} for n in range(100)],
    }
    assert load_body(json.dumps(body)) == body
