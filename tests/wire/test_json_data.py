"""Bodies to bytes and back."""

from __future__ import annotations

import json

import pytest

from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import dump, load, load_body, load_object


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
