"""JSON forms lose nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.messages import Message, Text, ToolResult
from edgeroute.core.receipt import Receipt
from edgeroute.store.database import codec
from tests.support import nouns


@given(st.lists(nouns.messages, max_size=4).map(tuple))
def test_messages_come_back_as_they_were(messages: tuple[Message, ...]) -> None:
    """Every part, attachment byte, tool argument and lone surrogate survives."""
    text = codec.dump_messages(messages)
    assert text.isascii()
    assert codec.load_messages(text) == messages


@given(nouns.receipts)
def test_receipts_come_back_as_they_were(receipt: Receipt) -> None:
    """Decimals keep every digit and times every microsecond."""
    assert codec.load(codec.dump(receipt), Receipt) == receipt


@given(nouns.moments, nouns.moments)
def test_stamps_sort_by_time(one: datetime, other: datetime) -> None:
    """The text order of stamps is the order of the moments, and nothing is rounded."""
    assert (codec.stamp(one) < codec.stamp(other)) is (one < other)
    assert codec.moment(codec.stamp(one)) == one.astimezone(UTC)


@given(nouns.texts)
def test_printable_text_can_be_stored(text: str) -> None:
    """What SQLite gets is valid UTF-8 without NUL."""
    stored = codec.printable(text)
    assert "\0" not in stored
    stored.encode("utf-8")


def test_the_text_to_search_is_what_a_person_saw() -> None:
    """Texts, tool calls and tool results count; the form is JSON of plain lists."""
    result = ToolResult("1", (Text("forty degrees"),), "weather")
    turn = (Message("user", (Text("How warm?"),)), Message("tool", (result,)))
    assert codec.visible_text(turn) == "How warm?\nforty degrees"
    assert json.loads(codec.dump_messages(turn))[0]["role"] == "user"
