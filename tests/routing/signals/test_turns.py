"""What a person asked last, and how far an agent has got with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.messages import Image, Message, Text, ToolCall, ToolResult, assistant, user
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.routing.signals.turns import asked, read_turn, stands_alone, works_on_files
from tests.support.nouns import messages

REMINDER = "<system-reminder>\nThe file a.py was changed.\n</system-reminder>"


def call(number: str, name: str = "bash", arguments: str = "{}") -> Message:
    """The model asks for a tool."""
    return Message("assistant", (ToolCall(number, name, arguments),))


def result(number: str, text: str = "done", *, error: bool = False) -> Message:
    """What the tool says."""
    return Message("tool", (ToolResult(number, (Text(text),), is_error=error),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Fix it", "Fix it"),
        (f"{REMINDER}Fix it", "Fix it"),
        (f"Fix it\n{REMINDER}\n{REMINDER}", "Fix it\n\n"),
        ("<task>\nFix it\n</task><environment_details>x</environment_details>", "Fix it"),
        ("a < b and <b>bold</b>", "a < b and <b>bold</b>"),
        ("<system-reminder>never closed", "<system-reminder>never closed"),
    ],
)
def test_only_what_a_person_wrote_is_asked(text: str, said: str) -> None:
    """What programs put around it, and beside it, does not count."""
    assert asked((user(text),)) == said
    assert asked((user(text), assistant("..."), user(REMINDER))) == said


def test_steps_belong_to_the_turn_that_they_work_on() -> None:
    """Results of tools and reminders between them begin no turn; a picture does."""
    steps = (call("1"), result("1"), user(REMINDER), call("2"), result("2"))
    turn = read_turn((user("one"), assistant("ok"), user("two"), *steps))
    assert (turn.text, turn.earlier, turn.number, turn.steps) == ("two", ("one",), 2, 2)
    shown = Message("user", (Image("image/png", b"x"),))
    assert read_turn((user("one"), *steps, shown)).steps == 0
    assert read_turn(()).number == 0


@pytest.mark.parametrize(
    ("steps", "failures"),
    [
        ((call("1"), result("1")), 0),
        ((call("1"), result("1", error=True)), 1),
        ((call("1"), result("1", "Exit code 1: 3 failed")), 1),
        ((call("1"), result("1", "Traceback (most recent call last)")), 1),
        ((call("1"), result("1", error=True), call("2"), result("2", error=True)), 2),
        (
            (call("1"), result("1", error=True), call("2", "edit"), result("2"),
             call("3"), result("3", error=True), call("4"), result("4")),
            2,
        ),
        (
            (call("1", "a"), result("1", error=True), call("2", "b"), result("2", error=True)),
            1,
        ),
        ((call("1"), result("1", "errors: none were found")), 0),
    ],
)  # fmt: skip
def test_a_step_that_fails_again_is_told(steps: tuple[Message, ...], failures: int) -> None:
    """The same call, or one tool in a row; what went well later takes nothing back."""
    assert read_turn((user("go"), *steps)).failures == failures
    assert read_turn((user("go"), *steps, user("next"))).failures == 0


@pytest.mark.parametrize(
    "text",
    ["why?", "shorter", "and for children?", "make it blue", "now fix the bug", "und nachts?",
     "¿y con alcohol?", "et sans beurre ?", "为什么", "もっと安く", "again please",
     "can you do the same without it"],
)  # fmt: skip
def test_what_goes_on_leans(text: str) -> None:
    """Short turns, and those that name what was said before, in the languages of the lists."""
    assert stands_alone(text) < 0.5


@pytest.mark.parametrize(
    "text",
    ["Write a Python function that checks whether a number is prime.",
     "thanks! which films are good for a rainy night?",
     "Wie lange muss ein Kürbis im Ofen bleiben, damit er weich wird?",
     "fix this:\ndef f(): pass", "请写一首关于秋天的诗要四句每句七个字并且要押韵"],
)  # fmt: skip
def test_what_says_itself_what_it_is_about_stands_alone(text: str) -> None:
    """Longer turns, code, and changes of the subject."""
    assert stands_alone(text) >= 0.5


@pytest.mark.parametrize("name", ["edit_file", "apply_patch", "Bash", "runCommand", "str_replace"])
def test_tools_of_a_workspace_are_known_by_their_names(name: str) -> None:
    """Whatever the agent; a tool that looks up the weather is none."""
    assert works_on_files(ChatRequest((user("x"),), tools=(Tool(name),)))
    assert not works_on_files(ChatRequest((user("x"),), tools=(Tool("get_weather"),)))


@given(st.lists(messages, max_size=6).map(tuple))
def test_any_messages_can_be_read(some: tuple[Message, ...]) -> None:
    """Nothing breaks it, and what it counts is never negative."""
    turn = read_turn(some)
    assert 0 <= turn.alone <= 1
    assert min(turn.number, turn.steps, turn.failures) >= 0
    assert turn.text in turn.whole
