"""Reasoning payloads in a caller's hands."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.wire.capsule import looks_sealed, seal, unseal, use_secret
from edgeroute.wire.json_data import dump


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


def test_a_forged_capsule_is_not_ours() -> None:
    """Neither one of the old form, nor a changed one, nor another machine's is opened."""
    body = dump({"origin": "anthropic", "payload": "{}"})
    sealed = seal("anthropic", "a payload")
    plain = bytearray(base64.urlsafe_b64decode(sealed.removeprefix("edgeroute.")))
    plain[-3] ^= 1
    use_secret(lambda: b"1" * 32)
    theirs = seal("anthropic", "a payload")
    use_secret(lambda: b"2" * 32)
    forged = [
        "edgeroute." + base64.urlsafe_b64encode(each).decode()
        for each in (body, b"\0" * 16 + body, bytes(plain))
    ]
    for text in (*forged, theirs):
        assert looks_sealed(text)
        assert unseal(text) is None
    assert not looks_sealed("edgeroute.service")
