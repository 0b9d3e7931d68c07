"""Characters in disguise are read as what they show, and places lead back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.detecting.text.normalise import normalise


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
        ("\U000e0053\U000e0053\U000e004e", "SSN"),
        ("Peter\u00a0Weiss", "Peter Weiss"),
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
    ],
)
def test_other_writing_is_left_alone(text: str) -> None:
    """Real Cyrillic and Greek, formulas and code stay what they are."""
    assert normalise(text).text == text


@given(st.text(max_size=200))
def test_places_stay_inside_and_in_order(text: str) -> None:
    """Every place of the normal text leads to a place of the original, in the same order."""
    normal = normalise(text)
    spans = [normal.span(i, i + 1) for i in range(len(normal.text))]
    assert all(0 <= a < b <= max(len(text), 1) for a, b in spans)
    assert [a for a, _ in spans] == sorted(a for a, _ in spans)


@given(st.text(alphabet="abc 019.@", max_size=80), st.text(alphabet="abc 019.@", max_size=80))
def test_what_follows_a_disguise_keeps_its_place(before: str, after: str) -> None:
    """A hidden character shifts nothing that comes after it."""
    text = f"{before}\u200b{after}"
    normal = normalise(text)
    start = len(before)
    assert normal.text == before + after
    if after:
        assert normal.span(start, len(normal.text)) == (start + 1, len(text))
