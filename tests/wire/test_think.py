"""Thinking between tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.wire.think import ThinkTags


def split(pieces: list[str], *, open: bool = False) -> tuple[str, str]:  # noqa: A002
    """Thinking and text of an answer in ``pieces``."""
    tags = ThinkTags(open=open)
    found = [part for piece in pieces for part in tags.feed(piece)] + tags.close()
    thinking = "".join(text for kind, text in found if kind == "thinking")
    return thinking, "".join(text for kind, text in found if kind == "text")


@pytest.mark.parametrize(
    ("text", "thinking", "visible"),
    [
        ("<think>a</think>b", "a", "b"),
        ("\n <think>\na\n</think>\n\nb", "\na\n", "b"),
        ("The <think> tag", "", "The <think> tag"),
        ("<think>a</think> see <think> and </think>", "a", "see <think> and </think>"),
        ("<think>a < b </thin c</think>d", "a < b </thin c", "d"),
        ("<think>never closed", "never closed", ""),
        ("<thin", "", "<thin"),
        ("<b>bold</b>", "", "<b>bold</b>"),
        ("", "", ""),
    ],
)
def test_only_a_leading_block_is_thinking(text: str, thinking: str, visible: str) -> None:
    """A block at the very start is thinking; later tags are what the model talks about."""
    assert split([text]) == (thinking, visible)
    assert split(list(text)) == (thinking, visible)


def test_a_template_may_have_opened_the_block() -> None:
    """With ``open`` the answer begins inside the block."""
    assert split(["a</th", "ink>b"], open=True) == ("a", "b")


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "/th", "a", " ", "\n"])))
def test_cutting_changes_nothing(pieces: list[str]) -> None:
    """However the text is cut into pieces, the split is the same."""
    assert split(pieces) == split(["".join(pieces)])
