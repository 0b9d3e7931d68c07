"""An answer is what its stream said, in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.answer import Answer, AnswerDraft
from edgeroute.core.messages import Image, Reasoning, Text, ToolCall, assistant
from edgeroute.core.usage import Usage


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


def test_calls_and_pictures_stand_where_they_began() -> None:
    """Pieces of several calls may come mixed; the first id and name of a call count, and a call
    without arguments has an empty object.
    """
    one, two = Image("image/png", b"1"), Image("image/png", b"2")
    draft = AnswerDraft("p/m")
    draft.add_image(one)
    draft.add_tool_call(1, "c1", "look", "[")
    draft.add_tool_call(0, "c0", "find", "")
    draft.add_text("So.")
    draft.add_tool_call(1, "other", "other", "]")
    draft.add_image(two)
    answer = draft.answer()
    assert answer.message.parts == (
        one, ToolCall("c1", "look", "[]"), ToolCall("c0", "find", "{}"), Text("So."), two,
    )  # fmt: skip
    assert answer.message.role == "assistant"
    assert answer.images == (one, two)
    assert (answer.model, answer.usage, answer.finish) == ("p/m", Usage(), "length")


def test_a_payload_without_thoughts_stands_alone() -> None:
    """Each payload closes one block of thinking, and what follows it is a new one."""
    draft = AnswerDraft("p/m", "p/f")
    draft.add_reasoning("", "sealed")
    draft.add_reasoning("a", "one")
    draft.add_reasoning("", "two")
    draft.add_reasoning("b")
    draft.add_text("c")
    draft.add_reasoning("d")
    assert draft.answer().message.parts == (
        Reasoning("", "p/f", "sealed"), Reasoning("a", "p/f", "one"), Reasoning("", "p/f", "two"),
        Reasoning("b", "p/f"), Text("c"), Reasoning("d", "p/f"),
    )  # fmt: skip


def test_what_can_be_seen_is_not_nothing() -> None:
    """A call or a picture is an answer too; an answer is whole unless told otherwise."""
    calling, drawing = AnswerDraft("p/m"), AnswerDraft("p/m")
    calling.add_tool_call(0, "c", "look", "")
    drawing.add_image(Image("image/png", b"1"))
    assert not calling.empty
    assert not drawing.empty
    assert Answer(assistant("Hi"), "stop", Usage(), "p/m").complete


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
