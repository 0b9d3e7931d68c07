"""One conversation and one turn, as they come out of the database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from edgeroute.core.messages import Message
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.database.codec import load_messages, moment

COLUMNS: Final = (
    "c.id, c.title, c.created, c.updated, c.mode, c.latched, c.latch_reason, c.pinned, c.tags,"
    " c.parent, c.stored, (SELECT count(*) FROM turns t WHERE t.conversation = c.id) AS turns,"
    " (SELECT t.model FROM turns t WHERE t.conversation = c.id ORDER BY t.id DESC LIMIT 1) AS model"
)
_LOCAL: Final = "local/"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its turns.

    ``latched`` says that it held personal data and stays local; ``latch_reason`` is a sentence.
    ``parent`` is the conversation it was forked from. Where ``stored`` is false only the latch and
    the digests of its beginnings are kept, no text. ``turns`` counts its turns and ``model`` gave
    the last answer.
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

    @property
    def place(self) -> Literal["local", "cloud", ""]:
        """Where the last answer came from; empty where there is none."""
        if not self.model:
            return ""
        return "local" if self.model.startswith(_LOCAL) else "cloud"


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked and answered in one request; not ``complete`` where the answer broke off."""

    id: int
    created: datetime
    messages: tuple[Message, ...]
    complete: bool
    receipt: str = ""
    model: str = ""


def conversation_of(row: Any) -> Conversation:
    """The conversation in a row of ``COLUMNS``."""
    return Conversation(
        id=row["id"],
        title=row["title"],
        created=moment(row["created"]),
        updated=moment(row["updated"]),
        mode=PrivacyMode(row["mode"]),
        latched=bool(row["latched"]),
        latch_reason=row["latch_reason"],
        pinned=bool(row["pinned"]),
        tags=tuple(json.loads(row["tags"])),
        parent=row["parent"],
        stored=bool(row["stored"]),
        turns=row["turns"],
        model=row["model"] or "",
    )


def turn_of(row: Any) -> Turn:
    """The turn in a row of the table ``turns``."""
    return Turn(
        id=row["id"],
        created=moment(row["created"]),
        messages=load_messages(row["messages"]),
        complete=bool(row["complete"]),
        receipt=row["receipt"],
        model=row["model"],
    )
