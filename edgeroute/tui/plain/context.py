"""What the parts of plain mode share: who reads and writes, and the open chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgeroute.core.display import safe, safe_line
from edgeroute.core.private_file import write_new
from edgeroute.tui.chat.state import NO_SYSTEM, ChatState, opened

if TYPE_CHECKING:
    from pathlib import Path

    from edgeroute.wiring import Runtime


@dataclass(eq=False, repr=False)
class PlainContext:
    """``read`` shows a prompt and returns what was entered, or raises EOFError; ``write`` shows one
    line. ``listed`` are the chats that were numbered last; ``doomed`` is deleted and can still be
    brought back. ``question`` was asked last and ``receipt`` is that of its answer.
    """

    runtime: Runtime
    read: Callable[[str], str]
    write: Callable[[str], None]
    state: ChatState
    listed: list[str] = field(default_factory=list)
    doomed: str = ""
    question: str = ""
    receipt: str = ""

    def error(self, text: str) -> None:
        """Something cannot be done."""
        self.write(f"Error: {safe_line(text, 400)}")

    def text(self, label: str, text: str) -> None:
        """A text of many lines; only the first is labelled."""
        for number, each in enumerate(safe(text).splitlines() or [""]):
            self.write(each if number else f"{label}: {each}")

    def sure(self, question: str) -> bool:
        """Whether the user says yes."""
        return self.read(f"{question} yes or no: ").strip().lower() in {"y", "yes"}

    def numbered(self, number: str, of: Sequence[str], what: str) -> str:
        """What has that ``number`` (from 1) in the last list; empty, and said so, where nothing."""
        at = int(number) - 1 if number.isdecimal() and len(number) < len("100000") else -1
        if 0 <= at < len(of):
            return of[at]
        self.error(f"no such number. {what}")
        return ""

    def resume(self, chat: str) -> None:
        """Go on in a stored chat."""
        row = self.runtime.conversations.get(chat)
        if row is not None:
            turns = self.runtime.conversations.turns(chat)
            messages = [message for turn in turns for message in turn.messages]
            self.state = opened(row, messages, self.state.version)
            self.instruct(self.runtime.conversations.note(chat, "system"))

    def instruct(self, name: str) -> None:
        """Have the system prompt called ``name`` before the chat; NO_SYSTEM for none."""
        text = self.runtime.chat.prompts.get(name, "")
        known = text or name == NO_SYSTEM
        self.state = self.state.changed(system=name if known else "", instructions=text)

    def save(self, path: Path, text: str) -> None:
        """Write ``text`` into a new file of the user's alone."""
        try:
            self.write(f"Written: {safe_line(str(write_new(path, text)), 4096)}")
        except OSError as error:
            self.error(f"{path}: {error.strerror or 'it failed'}.")
