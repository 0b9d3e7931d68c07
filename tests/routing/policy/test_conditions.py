"""Conditions of rules: what they mean and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.errors import SettingsError
from edgeroute.core.signals import TASKS
from edgeroute.routing.policy.conditions import NAMES, Condition


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ('input_tokens < 1000 and task == "code_completion"', {"task": "code_completion"}, True),
        ('task in ["refactor", "implement"]', {"task": "chat"}, False),
        ("not has_tools and hour >= 9", {"hour": 9.0}, True),
        ('task != "chat" or complexity == "high"', {"task": "chat"}, False),
        ("spent_today + 1 > 2.5", {"spent_today": 1.6}, True),
        ("input_tokens < output_tokens", {"output_tokens": 1.0}, True),
        ("8 <= hour < 18", {"hour": 12.0}, True),
        ("8 <= hour < 18", {"hour": 20.0}, False),
        ("has_code == true and not (has_tools == true)", {"has_code": True}, True),
        ("hour - -1 == 3 and hour not in [4, 5]", {"hour": 2.0}, True),
        ("user in ('ann', \"bob\")", {"user": "bob"}, True),
        (
            'agent == "codex" and role == "background"',
            {"agent": "codex", "role": "background"},
            True,
        ),
        ('agent == "codex" and role == "background"', {"agent": "codex", "role": "main"}, False),
        ('agent != "" and role in ["compaction", "search"]', {"role": "search"}, False),
    ],
)
def test_condition_holds_as_written(text: str, facts: Any, expected: Any) -> None:
    """A condition means what it says of the facts given, and of neutral values elsewhere."""
    assert Condition(text).holds(facts) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('tusk == "chat"', "Did you mean `task`?"),
        ('task == "explaincode"', "Did you mean `explain_code`?"),
        ('agent == "claudecode"', "Did you mean `claude-code`?"),
        ('role == "subagent"', "Did you mean `sub-agent`?"),
        ("task == 3", "text in quotes"),
        ("has_tools == 1", "true or false"),
        ('input_tokens == "many"', "number"),
        ('input_tokens < "many"', "is a number"),
        ("task < task", "`task` is text in quotes, not a number"),
        ("has_code == hour", "`hour` is a number, not true or false"),
        ("has_code and hour", "`hour` is a number, not true or false"),
        ("not domain", "`domain` is text in quotes, not true or false"),
        ("hour in [1, 'two']", "`hour` is a number"),
        ("user in [user, 3]", "`user` is text in quotes, not 3.0"),
        ('task == "chat" "chat"', "syntax error"),
        ("(1)(2) == 3", "not a condition"),
        ("[1][0] == 1", "not a condition"),
        ("[1, 2] == [1, 2]", "not a condition"),
        ("hour == 9or has_code", "no meaning here"),
        ("hour == " + "9" * 400, "too large"),
        ("(" * 240 + "has_code" + ")" * 240, "syntax error"),
        ("input_tokens", "not true or false"),
        ("task ==", "syntax error"),
        ('task == "chat', "no meaning here"),
        ('task in "chat"', "needs a list"),
        ("9**9**9 > 3", "no meaning here"),
        ("2 << 99999999 > 3", "no meaning here"),
        ("task.length > 3", "no meaning here"),
        ("$now > 3", "no meaning here"),
        ('task =~ "(a+)+$"', "no meaning here"),
        ("[x for x in [1]] == 1", "unknown name"),
        ("hour(3) == 3", "cannot be called"),
        ("has_tools and " * 60 + "has_tools", "longer than 500"),
        ("", "syntax error"),
    ],
)
def test_mistakes_are_refused_with_file_and_line(text: str, said: str) -> None:
    """What is not a condition is refused when it is loaded, with its place and a hint."""
    with pytest.raises(SettingsError, match=r"mine\.yaml:7") as caught:
        Condition(text, file="mine.yaml", line=7)
    assert said in str(caught.value)


@given(
    st.text(alphabet=st.sampled_from("task_input tokens<>=!()[]andornot\"'019.+-*/$"), max_size=60)
)
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    """No text does anything else than load or be refused, and what loads gives true or false."""
    try:
        condition = Condition(text)
    except SettingsError:
        return
    assert condition.holds({}) in {True, False}
    assert condition.names <= set(NAMES)


@given(task=st.sampled_from(TASKS), limit=st.integers(0, 10**6), tokens=st.integers(0, 10**6))
def test_comparisons_agree_with_python(task: str, limit: Any, tokens: Any) -> None:
    """Numbers and text compare as in Python."""
    condition = Condition(f'input_tokens < {limit} and task == "{task}"')
    assert condition.holds({"input_tokens": float(tokens), "task": task}) is (tokens < limit)
    assert condition.names == {"input_tokens", "task"}


@pytest.mark.parametrize(
    ("text", "task", "holds"),
    [
        ('task == "code"', "refactor", True),
        ('task == "code"', "chat", False),
        ('task != "code"', "chat", True),
        ('task != "code"', "implement", False),
        ('task_type in ["agentic", "chat"]', "agentic_tools", True),
        ('task not in ["code", "chat"]', "explain_code", False),
        ('not task == "coding"', "chat", True),
    ],
)
def test_tasks_by_other_words(text: str, task: str, *, holds: bool) -> None:
    """A word for several tasks means any of them, also where it is denied."""
    condition = Condition(text)
    assert condition.holds({"task": task}) is holds
    assert condition.names == {"task"}
    assert condition.aliases
