"""The title of a conversation: its first words, on one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from edgeroute.core.messages import Message
from edgeroute.store.database.codec import printable

_LIMIT: Final = 120


def first_words(messages: Sequence[Message], called: Callable[[], str] | None = None) -> str:
    """As it is ``called``, or what the user said first, as a title; empty for nothing."""
    said = (m.text for m in messages if m.role == "user" and m.text.strip())
    return (title(called()) if called else "") or title(next(said, ""))


def title(text: str) -> str:
    """``text`` on one line of at most 120 characters."""
    line = " ".join(printable(text).split())
    return line if len(line) <= _LIMIT else f"{line[: _LIMIT - 1]}…"
