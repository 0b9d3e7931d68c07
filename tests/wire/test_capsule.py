"""Reasoning payloads in a caller's hands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.wire.capsule import seal, unseal


@given(st.text(min_size=1), st.text(min_size=1))
def test_what_was_sealed_comes_out_again(origin: str, payload: str) -> None:
    """Origin and payload survive as one text without blanks or line ends."""
    sealed = seal(origin, payload)
    if "\ufffd" not in origin + payload:
        assert unseal(sealed) == (origin, payload)
    assert sealed.isascii()
    assert sealed.split() == [sealed]


def test_without_an_origin_nothing_is_given_out() -> None:
    """A payload whose owner we do not know could only be misused."""
    assert seal("", "x") == ""
    assert seal("o/f", "") == ""


@pytest.mark.parametrize(
    "text", ["", "EqQB", "edgeroute.", "edgeroute.!!", "edgeroute.bnVsbA==", "edgeroute.e30="]
)
def test_what_is_not_ours_is_nothing(text: str) -> None:
    """Another party's signature or a broken capsule is no payload."""
    assert unseal(text) is None
