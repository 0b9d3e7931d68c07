"""Bodies to bytes and back."""

from __future__ import annotations

import json

import pytest

from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import dump, load, load_object


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
