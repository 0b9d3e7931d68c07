"""The shape of texts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing.signals import structure


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


@pytest.mark.parametrize(
    ("name", "text", "other"),
    [
        ("path", "see src/app/main.py and notes.md", "See this. And that, or e.g. tea."),
        ("inline_code", "call load(path) and x == y", "call me (maybe) and say why"),
        ("error", "TypeError: x is not a function", "an honest mistake, my terror"),
        ("math", "what is 3 + 4 and y = 2", "what is three and four"),
        ("hole", "def f(x):\n    pass", "I hope to pass the exam"),
        ("ends_open", "for x in xs:", "for ever and ever"),
        ("first_person", "I think my dog is ill", "the dog is ill"),
        ("digits", "17 and 4", "seventeen and four"),
    ],
)
def test_a_shape_sees_what_its_name_says(name: str, text: str, other: str) -> None:
    """Each sign is seen where it stands, and not where it does not."""
    place = structure.NAMES.index(name)
    assert structure.shape(text)[place] > 0
    assert structure.shape(other)[place] == 0


@given(st.text(max_size=400))
def test_shapes_are_bounded(text: Any) -> None:
    """Each number of a shape lies within 0..1, whatever the text."""
    numbers = structure.shape(text)
    assert len(numbers) == len(structure.NAMES)
    assert all(0 <= number <= 1 for number in numbers)
