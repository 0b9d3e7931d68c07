"""An agent's steps: tests that it ran, edits that it took back; all else says nothing."""

from __future__ import annotations

import pytest

from edgeroute.core.messages import Message, Text, ToolCall, ToolResult, user
from edgeroute.routing.learning.agent_signs import sign_of


def after(command: str, said: str, *, name: str = "bash", error: bool = False) -> list[Message]:
    """A turn whose last step ran ``command``."""
    result = ToolResult("c1", (Text(said),), is_error=error)
    call = ToolCall("c1", name, f'{{"command": "{command}"}}')
    return [user("fix it"), Message("assistant", (call,)), Message("tool", (result,))]


@pytest.mark.parametrize(
    ("command", "said", "sign"),
    [
        ("pytest -q", "....\n4 passed in 0.02s", "passed"),
        ("python -m pytest tests", "F...\n1 failed, 3 passed in 0.1s", "failed"),
        ("cargo test", "test result: ok. 12 passed; 0 failed; 0 ignored", "passed"),
        ("go test ./...", "--- FAIL: TestX\nFAIL\tx/y 0.01s", "failed"),
        ("npm test", "Tests:  2 failed, 9 total", "failed"),
        ("npx vitest run", "Test Files  3 passed (3)", "passed"),
        ("pytest -q", "Exit code 1\nERROR: not found", "failed"),
        ("pytest -q", "", ""),
        ("git checkout -- src/a.py", "", "reverted"),
        ("git restore src/a.py", "ok", "reverted"),
        ("git checkout -b topic", "switched", ""),
        ("ls tests", "a.py", ""),
        ("grep -n failed log.txt", "3 failed", ""),
        ("cat latest.txt", "2 errors", ""),
    ],
)
def test_a_step_says_what_became_of_the_work(command: str, said: str, sign: str) -> None:
    """By the command that was run and the end of what it said."""
    assert sign_of(after(command, said)) == sign


def test_the_worst_of_several_results_counts() -> None:
    """Tests that pass do not hide an edit that is taken back."""
    calls = ToolCall("a", "bash", "pytest"), ToolCall("b", "undo_edit", "{}")
    results = ToolResult("a", (Text("3 passed"),)), ToolResult("b", (Text("done"),))
    turn = [user("x"), Message("assistant", calls), Message("tool", results)]
    assert sign_of(turn) == "reverted"


def test_where_nothing_was_run_nothing_is_said() -> None:
    """A question, a result without its call, and a revert that did not work."""
    assert sign_of([]) == ""
    assert sign_of([user("run pytest, 3 failed")]) == ""
    assert sign_of([Message("tool", (ToolResult("c1", (Text("1 failed"),)),))]) == ""
    assert sign_of(after("git restore x", "error", error=True)) == ""


def test_a_failing_run_is_told_by_the_tool_too() -> None:
    """A result that its client marks as an error."""
    assert sign_of(after("pytest", "boom", error=True)) == "failed"


def test_a_long_result_takes_no_time() -> None:
    """A million signs are read by their end alone."""
    assert sign_of(after("pytest", "1 " * 500_000 + "\n2 failed")) == "failed"
