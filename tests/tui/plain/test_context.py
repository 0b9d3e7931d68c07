"""What the parts of plain mode share."""

from __future__ import annotations

import pytest

from edgeroute.tui.chat.state import ChatState
from edgeroute.tui.plain.context import PlainContext
from tests.tui.fake_runtime import FakeRuntime


@pytest.mark.parametrize(
    ("number", "found"), [("1", "a"), ("2", "b"), ("0", ""), ("3", ""), ("x", ""), ("9" * 5000, "")]
)
def test_only_a_number_of_the_list_finds_anything(
    runtime: FakeRuntime, number: str, found: str
) -> None:
    """Whatever is typed, nothing breaks and nothing else is taken."""
    written: list[str] = []
    talk = PlainContext(runtime.real, lambda _: "", written.append, ChatState())
    assert talk.numbered(number, ["a", "b"], "List them.") == found
    assert bool(written) is not bool(found)


def test_only_the_first_of_many_lines_is_labelled(runtime: FakeRuntime) -> None:
    """And nothing that a terminal would act on gets through."""
    written: list[str] = []
    talk = PlainContext(runtime.real, lambda _: " YES ", written.append, ChatState())
    talk.text("Left", "one\ntwo\x1b[2J")
    talk.text("Left", "")
    assert written == ["Left: one", "two", "Left: "]
    assert talk.sure("Really?")
