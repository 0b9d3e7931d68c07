"""The shape of texts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing import structure


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```py\nx\n```", True),
        ("def f(x):\n    return x + 1", True),
        ("SELECT a FROM t\nWHERE a = 1;", True),
        ("Dear Sir,\nthank you for the letter.\nYours", False),
        ("", False),
    ],
)
def test_code_is_told_from_prose(text: str, code: Any) -> None:
    """Fences and lines that read like code count as code."""
    assert structure.has_code(text) is code


def test_paths_and_holes() -> None:
    """Names of source files and marks of editors are seen."""
    assert structure.names_files("look at src/app/main.py")
    assert not structure.names_files("look at this and/or that")
    assert structure.has_hole("a = <|fim_suffix|>")
    assert not structure.has_hole("a < b")


@given(st.text(max_size=400))
def test_shapes_are_bounded(text: Any) -> None:
    """Each number of a shape lies within 0..1, whatever the text."""
    numbers = structure.shape(text)
    assert len(numbers) == len(structure.NAMES)
    assert all(0 <= number <= 1 for number in numbers)
