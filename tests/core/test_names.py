"""Names as people type them: the nearest known ones are said, safely."""

from __future__ import annotations

import pytest

from edgeroute.core.errors import UnknownName
from edgeroute.core.names import meant, nearest, unknown

KNOWN = ("openai", "openrouter", "anthropic")


@pytest.mark.parametrize(
    ("typed", "near"),
    [("OpenIA", "openai"), ("antropic", "anthropic"), ("openruter", "openrouter"), ("zzz", "")],
)
def test_the_likeliest_comes_first(typed: str, near: str) -> None:
    """Case does not count, and what is like nothing has no nearest."""
    assert next(iter(nearest(typed, KNOWN)), "") == near


def test_up_to_three_are_named() -> None:
    """As a question with a full stop of its own; nothing without any."""
    assert meant([]) == ""
    assert meant(["a"]) == " Did you mean `a`?"
    assert meant(["a", "b", "c"]) == " Did you mean `a`, `b` or `c`?"


def test_the_error_is_wrong_usage_and_says_what_there_is() -> None:
    """All known names, or the hint that is given; a typed name does not act on a terminal."""
    error = unknown("provider", "\x1b[2Jopenia", KNOWN)
    assert isinstance(error, UnknownName)
    assert error.exit_code == 2
    assert "\x1b" not in str(error)
    assert "Did you mean `openai`" in error.message
    assert error.hint == "Known: openai, openrouter, anthropic."
    other = unknown("rule", "x", (), "Ask.", within="mine")
    assert str(other) == "There is no rule `x` in mine. Ask."
    assert unknown("rule", "x", ()).hint == ""
