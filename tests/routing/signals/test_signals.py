"""Signals: the caller first, then structure, then text, each with its origin."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.messages import File, Image, Message, Text, ToolResult, assistant, system, user
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.core.signals import TASKS
from edgeroute.datafile import table
from edgeroute.routing.signals.signals import Guess, asked, read_signals
from tests.support.nouns import messages


class Fixed:
    """A classifier that always says the same."""

    def __init__(self, guess: Guess) -> None:
        self.guess = guess

    def classify(self, text: str, *, closely: bool = True) -> Guess:
        """The same guess for any text."""
        return self.guess


CHAT = Fixed(Guess("chat", 0.9))


def read(request: ChatRequest, classifier: Any = CHAT, *, internal: bool = False) -> Any:
    """The signals of a request."""
    return read_signals(request, internal_code=internal, classifier=classifier)


def origin(signals: Any, name: str) -> str:
    """Where a signal comes from."""
    return str(dict(signals.origins)[name].origin)


def test_the_callers_task_wins() -> None:
    """An explicit task is taken over tools and text; a domain can be named the same way."""
    told = read(ChatRequest((user("hi"),), task="refactor", tools=(Tool("t"),)))
    assert (told.task, origin(told, "task")) == ("refactor", "caller")
    assert read(ChatRequest((user("hi"),), task="legal")).domain == "legal"
    assert read(ChatRequest((user("hi"),), task="nonsense")).task == "chat"


@pytest.mark.parametrize(
    ("request_", "task"),
    [
        (ChatRequest((user("hi"),), tools=(Tool("t"),)), "agentic_tools"),
        (ChatRequest((user("hi"),), tools=(Tool("t"),), tool_choice="none"), "chat"),
        (ChatRequest((user("x"), Message("tool", (ToolResult("1", ()),)))), "agentic_tools"),
        (ChatRequest((user("def f():<|fim_suffix|>"),)), "code_completion"),
    ],
)
def test_structure_comes_before_text(request_: Any, task: str) -> None:
    """Tools, tool results and holes in code say more than words."""
    assert read(request_).task == task


def test_what_a_request_holds_is_seen() -> None:
    """Images, files, code, paths, tools and turns are told from the request itself."""
    parts = (Text("see ```x=1```"), Image("image/png"), File("a.txt", "text/plain", b""))
    request = ChatRequest((user("one"), assistant("ok"), Message("user", parts)))
    signals = read(request, internal=True)
    assert signals.has_images
    assert signals.has_files
    assert signals.has_code
    assert signals.internal_code
    assert signals.turns == 2
    assert read(ChatRequest((user("what is in src/app/main.py"),))).has_code


def test_abstention_leaves_the_task_empty() -> None:
    """Where the classifier is not sure the policy's default decides."""
    signals = read(ChatRequest((user("hm"),)), Fixed(Guess()))
    assert signals.task == ""
    assert origin(signals, "task") == "default"


def test_the_latest_user_turn_is_what_is_asked() -> None:
    """Earlier turns and system prompts do not set the task."""
    turns = (system("You are a coder"), user("write code"), assistant("done"), user("thanks!"))
    assert asked(turns) == "thanks!"
    assert asked(()) == ""


def test_complexity_goes_by_task_words_and_size() -> None:
    """Small talk is low, a proof about concurrency high."""
    assert read(ChatRequest((user("hello"),))).complexity == "low"
    hard = user("Prove that this lock-free queue is correct, with a rigorous, formal proof.")
    reasoning = Fixed(Guess("reasoning", 0.9))
    assert read(ChatRequest((hard,)), reasoning).complexity == "high"


def test_expected_output_keeps_to_the_callers_limit() -> None:
    """The estimate never exceeds what the caller allows."""
    request = ChatRequest((user("write it"),), sampling=Sampling(max_output_tokens=7))
    assert read(request).output_tokens == 7


def test_without_a_classifier_words_give_a_first_guess() -> None:
    """The cues alone name a task with a confidence below that of a trained classifier."""
    request = ChatRequest((user("please summarize this article in three bullet points"),))
    signals = read_signals(request, internal_code=False)
    assert signals.task == "summarization"
    assert dict(signals.origins)["task"].confidence < 0.6


@given(st.lists(messages, max_size=4).map(tuple))
def test_any_request_has_signals(some: Any) -> None:
    """No message breaks the reading of signals."""
    signals = read_signals(ChatRequest(some), internal_code=False)
    assert signals.task in {*TASKS, ""}
    assert signals.input_tokens >= 0
    assert signals.turns >= 1


def test_something_is_expected_of_every_task() -> None:
    """The file of tasks has each task, and the one that nothing tells."""
    expected = table("tasks", dict[str, dict[str, float]])
    assert set(expected) == {*TASKS, ""}
    assert all(0 <= one["difficulty"] <= 1 <= one["answer_tokens"] for one in expected.values())
