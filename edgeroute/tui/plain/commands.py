"""The commands of plain mode: their names, what they take, and what was meant by a mistyped one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

Run = Callable[[str], Coroutine[Any, Any, None] | None]


@dataclass(frozen=True, slots=True)
class PlainCommand:
    """``names`` all do the same with what stands after them."""

    names: str
    argument: str
    help: str
    run: Run


def help_lines(commands: Iterable[PlainCommand]) -> list[str]:
    """What there is, one line each."""
    lines = ["Type a message and press Enter. A pasted text of many lines is one message."]
    for command in commands:
        name = " ".join(filter(None, (command.names, command.argument)))
        lines.append(f"{name}: {command.help}")
    return lines


def is_command(text: str) -> bool:
    """Whether ``text`` is meant as a command: one line that begins with a slash, and no path."""
    name = text.partition(" ")[0]
    return name.startswith("/") and "/" not in name[1:] and "\n" not in text


def mistyped(name: str, commands: Iterable[PlainCommand]) -> str:
    """The sentence about a command that is none; nothing is sent."""
    known = [each for command in commands for each in command.names.split()]
    near = get_close_matches(name.lower(), known, 1, 0.6)
    meant = f"Did you mean {near[0]}?" if near else "/help lists them."
    return f"{name} is no command. {meant} With a space before it, it is sent as a message."
