"""Signals: the caller first, then structure, then text, each with its origin."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Text,
    ToolCall,
    ToolResult,
    assistant,
    system,
    user,
)
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.core.signals import TASKS
from edgeroute.datafile import table
from edgeroute.routing.signals.guess import Ranked
from edgeroute.routing.signals.signals import read_signals
from edgeroute.routing.signals.thresholds import Thresholds
from edgeroute.routing.signals.turns import asked
from tests.support.nouns import messages


class Fixed:
    """A classifier that always says the same."""

    def __init__(self, *labels: tuple[str, float], doubtful: bool = False, hard: float = 0.1):
        self.ranked = Ranked(labels, doubtful, hard)

    def rank(self, text: str, *, closely: bool = True) -> Ranked:
        """The same for any text."""
        return self.ranked


class ByWord:
    """A classifier that knows a few words; of all others it says small talk."""

    def rank(self, text: str, *, closely: bool = True) -> Ranked:
        """The label of the first known word."""
        known = {"fever": "medical", "function": "refactor", "draw": "image", "lease": "legal"}
        label = next((known[word] for word in known if word in text.lower()), "")
        if label in {"medical", "legal"}:
            return Ranked(((label, 0.9), ("chat", 0.1)), abstains=False)
        return Ranked(((label or "chat", 0.95),), abstains=False)


def assistant_call(number: str, name: str) -> Message:
    """A step of an agent."""
    return Message("assistant", (ToolCall(number, name, "{}"),))


CHAT = Fixed(("chat", 0.9))
EDIT = Tool("edit_file")


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
        (ChatRequest((user("hi"),), tools=(EDIT,)), "chat"),
        (ChatRequest((user("hi"),), tools=(EDIT,), tool_choice="required"), "agentic_tools"),
        (ChatRequest((user("x"), Message("tool", (ToolResult("1", ()),)))), "agentic_tools"),
        (ChatRequest((user("def f():<|fim_suffix|>"),)), "code_completion"),
    ],
)
def test_structure_comes_before_text(request_: Any, task: str) -> None:
    """Tool results and holes in code say more than words, and so do tools of no agent."""
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


def test_in_doubt_the_likeliest_task_decides() -> None:
    """Only what is hardly likelier than anything else is not acted on, as the policy says."""
    unsure = Fixed(("reasoning", 0.4), ("chat", 0.35), doubtful=True)
    signals = read(ChatRequest((user("hm"),)), unsure)
    assert (signals.task, signals.second) == ("reasoning", "chat")
    strict = read_signals(
        ChatRequest((user("hm"),)), internal_code=False, classifier=unsure,
        thresholds=Thresholds(task=0.5),
    )  # fmt: skip
    assert (strict.task, origin(strict, "task")) == ("", "default")


def test_tools_do_not_make_the_task() -> None:
    """With an agent's tools, and after its steps, the task is what the user asked for."""
    said = user("clean up this function")
    steps = (
        assistant_call("1", "edit_file"),
        Message("tool", (ToolResult("1", (Text("ok " * 5_000),)),)),
    )
    first = read(ChatRequest((said,), tools=(EDIT,)), ByWord())
    later = read(ChatRequest((said, *steps * 9), tools=(EDIT,)), ByWord())
    assert first.task == later.task == "refactor"
    assert (first.steps, later.steps) == (0, 9)
    assert first.complexity == later.complexity
    assert later.input_tokens > 10 * first.input_tokens


def test_a_turn_that_leans_is_read_with_what_came_before() -> None:
    """Task, picture and domain carry over until the subject changes."""
    drawn = (user("Draw a picture of a fox"), assistant("..."), user("make it blue"))
    assert read(ChatRequest(drawn), ByWord()).wants_picture
    other = (*drawn[:2], user("thanks! which novels are set in Lisbon by the sea?"))
    assert read(ChatRequest(other), ByWord()).task == "chat"


def test_a_domain_stays_in_the_conversation() -> None:
    """What must be right stays checked through small words, until the subject plainly changes."""
    began = (user("My child has a fever of 39"), assistant("..."))
    for more in ("and at night?", "ok", "why?", "und wenn es steigt?"):
        assert read(ChatRequest((*began, user(more))), ByWord()).domain == "medical"
    longer = (*began, user("thanks"), assistant("..."), user("and for adults?"))
    assert read(ChatRequest(longer), ByWord()).domain == "medical"
    left = (*began, user("Please rename this function in the module to count_words"))
    assert read(ChatRequest(left), ByWord()).domain == ""


def test_the_latest_user_turn_is_what_is_asked() -> None:
    """Earlier turns and system prompts do not set the task."""
    turns = (system("You are a coder"), user("write code"), assistant("done"), user("thanks!"))
    assert asked(turns) == "thanks!"
    assert asked(()) == ""


@pytest.mark.parametrize(
    ("hard", "doubtful", "level"),
    [(0.1, False, "low"), (0.3, False, "medium"), (0.6, False, "high"),
     (0.46, False, "medium"), (0.46, True, "high"), (0.2, True, "medium")],
)  # fmt: skip
def test_complexity_goes_by_the_policys_thresholds(
    hard: float, level: str, *, doubtful: bool
) -> None:
    """Never by size; where the task is in doubt, the better model is asked rather."""
    fixed = Fixed(("chat", 0.4), doubtful=doubtful, hard=hard)
    assert read(ChatRequest((user("hello"),)), fixed).complexity == level
    assert read(ChatRequest((user("hello " * 90_000),)), fixed).complexity == level


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
