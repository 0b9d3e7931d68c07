"""Coded parts of a text are read too."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.detecting.text.contents import Unread
from edgeroute.privacy.detecting.text.decoding import decoded


def texts(text: str) -> list[str]:
    """What is found in coded form."""
    return [part.text for part in decoded(text)]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("cookie=eyJ1c2VyIjogIlRvbSBIYWRsZXkifQ==", '{"user": "Tom Hadley"}'),
        ("hex: 4d79206e616d65206973204976616e", "My name is Ivan"),
        ("rot13: zl anzr vf Naan", "my name is Anna"),
    ],
)
def test_a_coded_part_is_read(text: str, plain: str) -> None:
    """Base64, hex and rot13 are read one level deep."""
    assert any(plain in found for found in texts(text))


def test_spelled_digits_are_read_with_their_words() -> None:
    """A number in words is a number."""
    found = texts("call me: plus forty-eight six oh one, two three four, five six seven")
    assert any("+48601234567" in text or "+486" in text for text in found)


@pytest.mark.parametrize(
    "text",
    [
        "git show 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "550e8400-e29b-41d4-a716-446655440000",
        "def a_function_with_a_long_name(): pass",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
    ],
)
def test_what_is_not_coded_is_left(text: str) -> None:
    """Digests, identifiers and rows of numbers hide nothing."""
    assert texts(text) == []


@given(st.binary(min_size=12, max_size=200))
def test_binary_data_never_fails(data: bytes) -> None:
    """Any base64 and any hex is read or left, or named as what cannot be read."""
    for coded in (base64.b64encode(data).decode(), data.hex()):
        with contextlib.suppress(Unread):
            texts(coded)
