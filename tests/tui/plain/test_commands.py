"""What is a command, and what was meant by one that is none."""

from __future__ import annotations

import pytest

from edgeroute.tui.plain.commands import PlainCommand, help_lines, is_command, mistyped

COMMANDS = [
    PlainCommand("/quit", "", "leave", lambda _: None),
    PlainCommand("/a /b", "X", "do", print),
]


@pytest.mark.parametrize(
    ("text", "command"),
    [("/quit", True), ("/quit now", True), ("/etc/hosts", False), (" /quit", False),
     ("/quit\nand more", False), ("what is /quit", False)],
)  # fmt: skip
def test_a_command_is_one_line_that_begins_with_its_name(text: str, *, command: bool) -> None:
    """A path, a text of many lines and what has a space before it are messages."""
    assert is_command(text) is command


def test_a_slip_is_told_the_nearest_name() -> None:
    """Any of its names; what is like none is sent to the help."""
    assert "Did you mean /quit?" in mistyped("/qiut", COMMANDS)
    assert "/help lists them" in mistyped("/nothing-like-it", COMMANDS)
    assert help_lines(COMMANDS)[1:] == ["/quit: leave", "/a /b X: do"]
