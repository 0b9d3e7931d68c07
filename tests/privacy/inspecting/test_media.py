"""What is not text is known for what it is, or refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.inspecting.json_texts import KeyValues, texts
from edgeroute.privacy.inspecting.media import Uncleared, decoded, is_sealed, without_cleared

NOISE = bytes(range(256)) * 3


@given(data=st.binary())
def test_both_alphabets_are_decoded(data: bytes) -> None:
    """Standard and URL-safe base64, with and without padding, give the bytes."""
    for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
        assert decoded(text) == (data or None)
        assert decoded(text.rstrip("=")) == (data or None)


@pytest.mark.parametrize(
    ("text", "sealed"),
    [
        (base64.b64encode(NOISE).decode(), True),
        (base64.urlsafe_b64encode(NOISE).decode(), True),
        (base64.b64encode(b"plain words " * 60).decode(), False),
        (base64.b64encode(NOISE[:30]).decode(), False),
        ("words and more words " * 50, False),
        ("lorem" * 200 + "!", False),
    ],
)
def test_sealed_data_are_long_and_not_text(text: str, *, sealed: bool) -> None:
    """Encoded data count as sealed only if nobody could read them decoded."""
    assert is_sealed(text) is sealed


def test_only_cleared_data_are_taken_out() -> None:
    """Cleared data vanish, everything else of the value stays as it was."""
    data = base64.b64encode(NOISE).decode()
    value = KeyValues([("type", "image"), ("data", data), ("title", "A cat")])
    assert texts(without_cleared([value], {NOISE}.__contains__)) == ["title: A cat"]
    with pytest.raises(Uncleared):
        without_cleared([value], set[bytes]().__contains__)


@given(
    value=st.recursive(
        st.none() | st.integers() | st.text(st.characters(exclude_characters=":"), max_size=20),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner),
    )
)
def test_a_value_without_media_is_untouched(value: Any) -> None:
    """Where there is no medium, every text is still there."""
    assert texts(without_cleared(value, set[bytes]().__contains__)) == texts(value)


@given(key=st.text(max_size=8), text=st.text(min_size=1, max_size=80))
def test_a_media_part_holds_nothing_unknown(key: str, text: str) -> None:
    """An unknown field of a media part is refused, or its text is read."""
    value = KeyValues([("type", "input_image"), (key, text)])
    try:
        left = without_cleared(value, set[bytes]().__contains__)
    except Uncleared:
        return
    assert texts(left) == texts(value)
