"""What is known of a request of which nothing is known."""

from __future__ import annotations

from dataclasses import asdict

from edgeroute.core.signals import ROLES, TASKS, Signals


def test_nothing_is_assumed() -> None:
    """No task, no language, nothing in it; of middling difficulty, and the first turn."""
    assert asdict(Signals()) == {
        "task": "",
        "complexity": "medium",
        "input_tokens": 0,
        "output_tokens": 0,
        "domain": "",
        "language": "",
        "has_images": False,
        "has_tools": False,
        "has_code": False,
        "has_files": False,
        "internal_code": False,
        "turns": 1,
        "steps": 0,
        "failures": 0,
        "hardness": 0.0,
        "second": "",
        "wants_picture": False,
        "agent": "",
        "role": "",
        "origins": (),
    }


def test_every_task_has_one_name() -> None:
    """Rules and headers use it."""
    assert len(set(TASKS)) == len(TASKS) == 11
    assert {"chat", "code_completion", "image"} <= {*TASKS}


def test_the_parts_of_an_agent_have_names_that_rules_use() -> None:
    """A sub-agent's compaction is a compaction: that is looked for before the sub-agent."""
    assert {*ROLES} == {"main", "sub-agent", "background", "compaction", "search", "plan"}
    assert ROLES.index("compaction") < ROLES.index("sub-agent") < ROLES.index("main")
