"""Characters in disguise are read as what they show, and places lead back."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edgeroute.privacy.detecting.text.normalise import normalise, readings


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("card \uff14\uff15\uff13\uff19", "card 4539"),
        ("S\u00adS\u200bN", "SSN"),
        ("\U0001d412\U0001d412\U0001d40d \U0001d7d3\U0001d7d0\U0001d7d1", "SSN 523"),
        ("523\u201104\u20111178", "523-04-1178"),
        ("\u0660\u0664\u0661\u0662", "0412"),
        ("\u0430nna@gm\u0430il.com", "anna@gmail.com"),
        ("a&#64;b.de a&commat;b.de", "a@b.de a@b.de"),
        ("a%40b.de", "a@b.de"),
        (r"\u0041nna\nKowalska", "Anna\nKowalska"),
        ("5\x002\x001\x1b-4\x7f4\x9b-\ufffd9\ue0008\u034f2\ufff9\U000f00001", "521-44-9821"),
        ("17,\x1b[01;31m\x1b[K521-44\x1b[m\x1b[K", "17,521-44"),
        ("\x1b]0;title\x07521\x1b]8;;file://h/f\x1b\\-44\x1b(B", "521-44"),
        ("=35=32=31-44 Sch=C3=B6n Sch=F6=6E", "521-44 Sch\u00f6n Sch\u00f6n"),
        (r"\0652\061\055\64 \303\266", "521-\\64 \u00f6"),
        (r"5\u00002\u001b[31m1\x1b[0m-\e[1m4\033[m4", "521-44"),
        ("S\u0336S\u0336N -\u0301 5\u20e32\ufe0f\u20e3", "SSN - 52"),
        ("IBAN DE893=\n70400 =\r\n44", "IBAN DE89370400 44"),
        ("Peter\u00a0Weiss", "Peter Weiss"),
        ("Name ........ Ada Berg\nAge......54", "Name: Ada Berg\nAge: 54"),
        ("he said.... nothing", "he said.... nothing"),
    ],
)
def test_disguises_fall(text: str, plain: str) -> None:
    """Each way to write a character differently reads as the character."""
    assert normalise(text).text == plain


@pytest.mark.parametrize(
    "text",
    [
        "\u041c\u043e\u0439 \u043f\u0430\u0441\u043f\u043e\u0440\u0442",
        "\u03b1 + \u03b2",
        r"\frac{a}{\nu} $\nabla$",
        "x=10; y=20",
        "100% of %d",
        "DB_HOST=\nDB_USER=admin",
        "colours [0m and [31m",
    ],
)
def test_other_writing_is_left_alone(text: str) -> None:
    """Real Cyrillic and Greek, formulas and code stay what they are."""
    assert normalise(text).text == text


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("A=1\x00B=2", "A=1 B=2"),
        ("total\x1b[1m521", "total    521"),
        ("\x1b]8;;mailto:a@b.de\x1b\\write\x1b]8;;\x1b\\", "  8;;mailto:a@b.de  write  8;;  "),
        ("call _+49 171_ or __a@b.de__", "call  +49 171  or   a@b.de  "),
        ("_\b5_\b2_\b1-4\b44\b4\b4", "521-44"),
        (r"_\u00085_\b2\b21", "521"),
        ("5\b_2\b_", "52"),
        ("\U000e0053\U000e0053\U000e004e", "SSN"),
    ],
)
def test_what_may_part_or_say_something_is_read_so_too(text: str, also: str) -> None:
    """Besides the text without what shows nothing there is a reading in which it does."""
    readings_of = [normal.text for normal in readings(text)]
    assert readings_of[0] == normalise(text).text != also
    assert also in readings_of


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "\u2764\ufe0f and \U0001f468\u200d\U0001f469",
        "a_b and __init__ and _x1_",
        "x\u200b",
    ],
)
def test_ordinary_text_is_read_once(text: str) -> None:
    """Where another reading has the same words there is none."""
    assert len(list(readings(text))) == 1


def test_overstrike_belongs_to_its_sign() -> None:
    """The place of a value holds every stroke of its last sign."""
    text = "a 5\b52\b2 b"
    struck = next(one for one in readings(text) if one.text == "a 52 b")
    first, last = struck.span(2, 4)
    assert text[first:last] == "5\b52\b2"


def test_a_place_ends_where_what_is_seen_ends() -> None:
    """What shows nothing after a value is not part of it."""
    text = "a \x1b[31m521\x00-44\x1b[m\x1b[K\x00 b"
    normal = normalise(text)
    start = normal.text.index("521")
    first, last = normal.span(start, start + 6)
    assert text[first:last] == "521\x00-44"


@given(st.text(max_size=200))
def test_places_stay_inside_and_in_order(text: str) -> None:
    """Every place of every reading leads to a place of the original, in the same order."""
    for normal in readings(text):
        spans = [normal.span(i, i + 1) for i in range(len(normal.text))]
        assert all(0 <= a < b <= max(len(text), 1) for a, b in spans)
        assert [a for a, _ in spans] == sorted(a for a, _ in spans)


@given(st.text(alphabet="abc 019.@", max_size=80), st.text(alphabet="abc 019.@", max_size=80))
def test_what_follows_a_disguise_keeps_its_place(before: str, after: str) -> None:
    """A hidden character shifts nothing that comes after it, but for dots that lead to a value."""
    assume("....." not in before + after)
    text = f"{before}\u200b{after}"
    normal = normalise(text)
    start = len(before)
    assert normal.text == before + after
    if after:
        assert normal.span(start, len(normal.text)) == (start + 1, len(text))
