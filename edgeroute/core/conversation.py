"""A conversation, its turns, and a turn that a search has found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from edgeroute.core.messages import Message
from edgeroute.core.request import FrontDoor
from edgeroute.core.verdict import PrivacyMode

_LOCAL: Final = "local/"


class Binding(NamedTuple):
    """What keeps a conversation here: its mode, and its latch with the reason of it."""

    mode: PrivacyMode
    latched: bool
    latch_reason: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its turns.

    ``latched`` says that it held personal data and stays local; ``latch_reason`` is a sentence.
    ``parent`` is the conversation it was forked from. Where ``stored`` is false only the latch and
    the digests of its beginnings are kept, no text. ``turns`` counts its turns and ``model`` gave
    the last answer. ``left`` says that something of it was sent to another machine, ever.
    ``front_door`` is where it began and ``client`` the connected program that began it, of a
    fork what it took over; both are empty where no receipt tells of it.
    """

    id: str
    title: str
    created: datetime
    updated: datetime
    mode: PrivacyMode
    latched: bool = False
    latch_reason: str = ""
    pinned: bool = False
    tags: tuple[str, ...] = ()
    parent: str = ""
    stored: bool = True
    turns: int = 0
    model: str = ""
    left: bool = False
    front_door: FrontDoor | Literal[""] = ""
    client: str = ""

    @property
    def program(self) -> str:
        """What began it; empty where that was the user in the chat app."""
        if self.front_door == "cli":
            return "ask"
        return (self.client or "a program") if self.front_door == "http" else ""

    @property
    def place(self) -> Literal["local", "cloud", ""]:
        """``local`` where nothing of it ever left this machine; empty where nothing was asked."""
        if self.left or (self.model and not self.model.startswith(_LOCAL)):
            return "cloud"
        return "local" if self.model else ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked and answered in one request; not ``complete`` where the answer broke off."""

    id: int
    created: datetime
    messages: tuple[Message, ...]
    complete: bool
    receipt: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A turn that matches: turn ``position`` (from 0) of ``conversation``.

    ``marks`` are the places in ``snippet`` that match, as (start, end).
    """

    conversation: str
    title: str
    position: int
    created: datetime
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
