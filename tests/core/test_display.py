"""Text from models is hostile: nothing a terminal acts on survives."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.display import SafeStream, safe, safe_line

HOSTILE = [
    ("\x1b]0;PWNED\x07title", "title"),
    ("\x1b]52;c;c2VjcmV0\x1b\\clip", "clip"),
    ("\x9d0;PWNED\x9cc1", "c1"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("\x9b31mred", "red"),
    ("\x1bPdcs\x1b\\after", "after"),
    ("\x1b_apc\x1b\\after", "after"),
    ("\x1b^pm\x1b\\after", "after"),
    ("\x1bXsos\x1b\\after", "after"),
    ("\x1b(0charset", "charset"),
    ("\x1bcreset", "reset"),
    ("\x1b]0;a\x1b\x1b\\after", "after"),
    ("\x1b]0;a\x1bb\x1b\\after", "after"),
    ("\x1b]0;a\x1bb\x07after", "after"),
    ("\x1b\x1b[1mafter", "after"),
    ("\x1b ( Bafter", "after"),
    ("\x1b[1\x1b[2mafter", "after"),
    ("\x1b[ ?/0mafter", "after"),
    ("\x1b[1\x07after", "after"),
    ("\x1b[@after", "after"),
    ("\x98sos\x9cafter", "after"),
    ("\x90dcs\x9cafter", "after"),
    ("\x9epm\x9cafter", "after"),
    ("\x9fapc\x07after", "after"),
    ("\x85\x80after", "after"),
    ("\x1b/\x30after", "after"),
    ("a\u2028b\u200fc\ufff9d", "abcd"),
    ("a\x08b\x7fc\x00d", "abcd"),
    ("a\u202eevil\u2066b", "aevilb"),
    ("a\U000e0041b", "ab"),
    ("lone\ud800half", "lonehalf"),
    ("line\r\nnext", "line\nnext"),
    ("keeps\ttabs\nand lines", "keeps\ttabs\nand lines"),
]


@pytest.mark.parametrize(("text", "expected"), HOSTILE)
def test_known_attacks_leave_only_their_plain_text(text: str, expected: str) -> None:
    """Every known way to command a terminal is removed, the words around it stay."""
    assert safe(text) == expected


@given(st.text())
def test_no_control_character_survives(text: str) -> None:
    """Whatever comes in, only tab and newline of all control characters come out."""
    cleaned = safe(text)
    assert all(unicodedata.category(c) != "Cc" or c in "\n\t" for c in cleaned)
    assert not any(c in cleaned for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text(alphabet=st.sampled_from("ab[]0;mP\\_^X\x1b\x07\x9b\x9d\x9c\n")), st.data())
def test_splitting_a_stream_changes_nothing(text: str, data: st.DataObject) -> None:
    """A sequence split over chunks is removed exactly as if it came whole."""
    stream, out, rest = SafeStream(), "", text
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        out += stream.feed(rest[:size])
        rest = rest[size:]
    assert out == safe(text)


@given(st.text(alphabet=st.characters(blacklist_categories=["Cc", "Cs", "Cf", "Zl", "Zp"])))
def test_plain_text_is_untouched(text: str) -> None:
    """Ordinary text of any script passes unchanged."""
    assert safe(text) == text


def test_an_unterminated_string_sequence_does_not_swallow_the_rest_for_ever() -> None:
    """After a bounded number of characters an open sequence is given up."""
    assert safe("\x1b]0;" + "x" * 5000 + "visible").endswith("visible")


def test_a_line_is_one_line_and_bounded() -> None:
    """A safe line has no newline and ends with an ellipsis where it was cut."""
    assert safe_line("a\n\nb\tc") == "a b c"
    assert safe_line("x" * 50, limit=10) == "x" * 9 + "…"
    assert safe_line("x" * 10, limit=10) == "x" * 10
    assert safe_line("x" * 11, limit=10) == "x" * 9 + "…"
    assert safe_line("x" * 200) == "x" * 200
    assert safe_line("x" * 201) == "x" * 199 + "…"
    assert safe_line("\x1b[31mred\x1b[0m\n") == "red"


@pytest.mark.parametrize("start", ["\x1b]", "\x1b[", "\x9d", "\x9b"])
def test_an_open_sequence_is_given_up_after_4096_characters(start: str) -> None:
    """Not one sooner: what a terminal would swallow is not shown."""
    assert safe(start + "0" * 4096 + "0") == ""
    assert safe(start + "0" * 4096 + "0" + "seen") == "seen"
    assert safe(start + "0" * 4095 + "\x1b\\seen") == "seen"
