"""An answer is what its stream said, in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.answer import AnswerDraft
from edgeroute.core.messages import Reasoning, Text, ToolCall


def test_text_reasoning_and_calls_keep_their_order() -> None:
    """Pieces of one kind join; a payload closes the reasoning block that it belongs to."""
    draft = AnswerDraft("p/m", origin="p/f")
    draft.add_reasoning("think ")
    draft.add_reasoning("more")
    draft.add_reasoning("", payload='{"signature":"s"}')
    draft.add_text("Hel")
    draft.add_text("lo")
    draft.add_tool_call(0, "c1", "look", '{"a":')
    draft.add_tool_call(0, "", "", "1}")
    draft.finish = "tool_calls"
    answer = draft.answer()
    assert answer.message.parts == (
        Reasoning("think more", "p/f", '{"signature":"s"}'),
        Text("Hello"),
        ToolCall("c1", "look", '{"a":1}'),
    )
    assert answer.complete


def test_without_a_finish_the_answer_is_incomplete() -> None:
    """A stream that just stops is never a success."""
    draft = AnswerDraft("p/m")
    assert draft.empty
    assert not draft.answer().complete


def test_visible_pieces_make_a_draft_that_is_not_empty() -> None:
    """Thinking alone is no answer; a word is."""
    thinking, speaking = AnswerDraft("p/m"), AnswerDraft("p/m")
    thinking.add_reasoning("hm")
    speaking.add_text("half")
    assert (thinking.empty, speaking.empty) == (True, False)


@given(st.lists(st.text(min_size=1)))
def test_no_text_is_lost(pieces: list[str]) -> None:
    """The answer's text is the pieces, joined."""
    draft = AnswerDraft("p/m")
    for piece in pieces:
        draft.add_text(piece)
    assert draft.answer().text == "".join(pieces)
