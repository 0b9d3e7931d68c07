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
        b"\x81\xff\x01\x02",
        bytes(range(128, 256)),
    ],
)
def test_other_bytes_are_no_text(data: bytes) -> None:
    """NULs between words, a cut character, a program: none of it is guessed at."""
    with pytest.raises(ValueError, match=r"."):
        decoded(data)


def test_a_few_broken_bytes_are_refused_or_marked() -> None:
    """What is UTF-8 but for a byte is an error, unless the caller wants a sign in its place."""
    data = "\u041c\u043e\u0441\u043a\u0432\u0430".encode() + b"\xff"
    with pytest.raises(UnicodeDecodeError):
        decoded(data)
    assert decoded(data, "replace") == "\u041c\u043e\u0441\u043a\u0432\u0430\ufffd"


OLDER = {
    "cp1252 cp850 mac-roman cp1250": ("J\u00fcrgen Schr\u00f6der, Stra\u00dfe 5 in M\u00fcnchen"),
    "cp1252 cp850 mac-roman": (
        "J'ai \u00e9t\u00e9 op\u00e9r\u00e9e \u00e0 l'h\u00f4pital. \u00c7a va"
    ),
    "cp1250 iso8859-2": (
        "Nazywam si\u0119 \u0141ukasz, mieszkam w \u0141odzi, chcia\u0142bym z\u0142o"
        "\u017cy\u0107 skarg\u0119"
    ),
    "koi8-r cp1251 cp866": (
        "\u041c\u0435\u043d\u044f \u0437\u043e\u0432\u0443\u0442 \u0418\u0432\u0430\u043d"
        ", \u043c\u043e\u0439 \u043f\u0430\u0441\u043f\u043e\u0440\u0442 4509 123456"
    ),
    "shift_jis euc_jp iso2022_jp": (
        "\u79c1\u306e\u540d\u524d\u306f\u7530\u4e2d\u592a\u90ce\u3067\u3059\u3002090-1234-5678"
    ),
    "euc_kr cp949": (
        "\uc81c \uc774\ub984\uc740 \uae40\ubbfc\uc218\uc785\ub2c8\ub2e4. 010-1234-5678"
    ),
    "gbk gb18030": (
        "\u6211\u7684\u540d\u5b57\u662f\u738b\u5c0f\u660e,\u4f4f\u5728\u5317\u4eac\u5e02"
        "\u671d\u9633\u533a 88"
    ),
    "big5": (
        "\u6211\u7684\u540d\u5b57\u662f\u738b\u5c0f\u660e,\u96fb\u8a71\u865f\u78bc\u662f0912345678"
    ),
    "cp037 cp500": ("My IBAN is DE89 3704 0044 0532 0130 00 and my name is Anna."),
}


@pytest.mark.parametrize(
    ("text", "encoding"), [(text, one) for names, text in OLDER.items() for one in names.split()]
)
def test_older_encodings_are_told_by_what_they_say(text: str, encoding: str) -> None:
    """Text in an encoding of before Unicode is read as it was written."""
    assert decoded(text.encode(encoding)) == text


@given(st.binary(max_size=200))
def test_no_text_holds_a_nul_that_was_not_written(data: bytes) -> None:
    """Without a mark of byte order no NUL comes through: it would hide what stands beside it."""
    try:
        text = decoded(data, "replace")
    except ValueError:
        return
    assert "\0" not in text or data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
