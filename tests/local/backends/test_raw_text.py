"""What the text of a local server means, where the server hands it on as the model wrote it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.errors import LocalModelError
from edgeroute.core.events import Delta, Finish, ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.core.request import Tool
from edgeroute.local.backends.raw_text import RawText, may_think

TOOLS = (Tool("f", "", {"type": "object", "properties": {}}),)
CALL = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'


def meaning(
    *pieces: str | Delta, inside: bool | None = False, tools: tuple[Tool, ...] = TOOLS
) -> tuple[str, str, list[tuple[int, str, str]], str, bool | None]:
    """Thoughts, words, calls, the reason of the end, and where such answers begin."""
    raw = RawText(tools, inside=inside)
    said = [TextDelta(piece) if isinstance(piece, str) else piece for piece in pieces]
    found = [each for delta in (*said, Finish("stop")) for each in raw.feed(delta)]
    calls = [(d.index, d.name, d.arguments) for d in found if isinstance(d, ToolCallDelta)]
    end = found[-1]
    assert isinstance(end, Finish)
    thoughts = "".join(d.text for d in found if isinstance(d, ReasoningDelta))
    words = "".join(d.text for d in found if isinstance(d, TextDelta))
    return thoughts, words, calls, end.reason, raw.inside


@pytest.mark.parametrize(
    ("text", "inside", "thoughts", "words", "learnt"),
    [
        ("The user wants.\n</think>\n\nDear bank", None, "The user wants.\n", "Dear bank", True),
        ("The user wants.\n</thinking>\n\nDear", None, "The user wants.\n", "Dear", True),
        ("The user wants.</think>Dear bank", True, "The user wants.", "Dear bank", True),
        ("Dear bank", None, "", "Dear bank", False),
        ("Dear bank", True, "Dear bank", "Dear bank", False),
        ("Dear </think> bank", False, "", "Dear </think> bank", False),
        ("Dear bank<|im_end|>", False, "", "Dear bank", False),
        ("Dear bank<|endoftext|>\n<|im_start|>user\nMore", False, "", "Dear bank", False),
        ("Dear <| bank <|", False, "", "Dear <| bank <|", False),
    ],
)
def test_thoughts_and_templates_are_taken_out(
    *, text: str, inside: bool | None, thoughts: str, words: str, learnt: bool
) -> None:
    """Whole or letter by letter; a thought that never ends was the answer."""
    for pieces in ([text], list(text)):
        found = meaning(*pieces, inside=inside)
        assert (found[0], found[1], found[4]) == (thoughts, words, learnt)


def test_words_come_at_once_where_it_is_known_how_answers_begin() -> None:
    """Only the first answer of a server waits for its end."""
    raw = RawText((), inside=False)
    assert list(raw.feed(TextDelta("Dear"))) == [TextDelta("Dear")]
    assert list(RawText((), inside=None).feed(TextDelta("Dear"))) == []


def test_a_server_that_tells_thoughts_apart_is_believed() -> None:
    """Its words are words."""
    assert meaning(ReasoningDelta("Hm."), "Dear", inside=None) == ("Hm.", "Dear", [], "stop", False)


def test_a_call_in_the_text_is_a_call() -> None:
    """Where tools were offered; behind calls that the server has found itself."""
    assert meaning(f"I look.\n{CALL}")[1:4] == ("I look.", [(0, "f", '{"a": 1}')], "tool_calls")
    native = ToolCallDelta(0, "c", "f", "{}")
    assert [call[0] for call in meaning(native, CALL)[2]] == [0, 1]
    assert meaning(CALL, tools=())[1] == CALL


@given(text=st.text(st.sampled_from("<|>/thinkimendo_ ab\n"), max_size=60), data=st.data())
def test_cutting_changes_nothing(text: str, data: st.DataObject) -> None:
    """However a stream is cut, it means the same."""
    cut = data.draw(st.integers(0, len(text)))
    assert meaning(text[:cut], text[cut:], inside=None) == meaning(text, inside=None)


def test_names_tell_who_may_think() -> None:
    """By families; others are never waited for."""
    assert may_think("lmstudio/Qwen3.5-9B")
    assert not may_think("llama-3.3-70b")


def test_words_wait_where_a_call_was_demanded() -> None:
    """Nothing is shown of an answer that is none; words before a call come with it."""
    raw = RawText(TOOLS, inside=False, choice="required")
    assert list(raw.feed(TextDelta("Sure, I look."))) == []
    told = list(raw.feed(TextDelta(CALL)))
    assert [type(delta) for delta in told] == [TextDelta, ToolCallDelta]
    alone = RawText(TOOLS, inside=False, choice="f")
    assert list(alone.feed(TextDelta("Sure, I look."))) == []
    with pytest.raises(LocalModelError, match="called no tool"):
        list(alone.feed(Finish("stop")))


def test_calls_of_two_answers_have_ids_of_their_own() -> None:
    """A conversation holds both."""
    made = [
        delta.id
        for _ in range(2)
        for delta in RawText(TOOLS, inside=False).feed(TextDelta(CALL))
        if isinstance(delta, ToolCallDelta)
    ]
    assert len(set(made)) == 2
    assert json.dumps(made).isascii()
