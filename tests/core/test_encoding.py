"""Bytes become the text that they hold, or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.encoding import decoded

TEXT = "My SSN is 521-44-9821, M\u00fcller.\r\n\u0418\u0432\u0430\u043d"
ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-32",
    "utf-16-le",
    "utf-16-be",
    "utf-32-le",
    "utf-32-be",
]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_is_read_in_its_encoding(encoding: str) -> None:
    """UTF-8, UTF-16 and UTF-32 are told apart, with a mark of byte order or without."""
    assert decoded(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("order", ["le", "be"])
def test_a_mark_says_the_byte_order(order: str) -> None:
    """Either byte order is read after its mark, Chinese too."""
    text = "\u674e\u5c0f\u9f99 521-44-9821"
    assert decoded(f"\ufeff{text}".encode(f"utf-16-{order}")).lstrip("\ufeff") == text
    assert decoded(f"\ufeff{text}".encode(f"utf-32-{order}")).lstrip("\ufeff") == text


@pytest.mark.parametrize(
    "data",
    [
        b"A=one\0B=two\0",
        b"a\0\0b",
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
        "cut".encode("utf-16")[:-1],
        "cut".encode("utf-16-le")[:-1],
        b"\0",
        b"\0\1",
        b"\0\1\0\2\0\3",
    ],
)
def test_other_bytes_are_no_text(data: bytes) -> None:
    """NULs between words, a cut character, a program: none of it is guessed at."""
    with pytest.raises(ValueError, match=r"."):
        decoded(data)


def test_bytes_that_are_no_utf_8_are_refused_or_marked() -> None:
    """What is no UTF-8 is an error, unless the caller wants a sign in its place."""
    with pytest.raises(UnicodeDecodeError):
        decoded(b"\xff")
    assert decoded(b"a\xff", "replace") == "a\ufffd"


@given(st.binary(max_size=200))
def test_no_text_holds_a_nul_that_was_not_written(data: bytes) -> None:
    """Without a mark of byte order no NUL comes through: it would hide what stands beside it."""
    try:
        text = decoded(data, "replace")
    except ValueError:
        return
    assert "\0" not in text or data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
