"""Conversations and turns as they come out of the database."""

from __future__ import annotations

import json
from typing import Any, Final

from edgeroute.core.conversation import Conversation, Turn
from edgeroute.core.errors import StoreError
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.database.codec import load_messages, moment, printable

COLUMNS: Final = (
    "c.id, c.title, c.created, c.updated, c.mode, c.latched, c.latch_reason, c.pinned, c.tags,"
    " c.parent, c.stored, (SELECT count(*) FROM turns t WHERE t.conversation = c.id) AS turns,"
    " (SELECT t.model FROM turns t WHERE t.conversation = c.id ORDER BY t.id DESC LIMIT 1) AS model"
)


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


def unknown(conversation: str) -> StoreError:
    """The error where there is no such conversation."""
    return StoreError(
        f"There is no conversation {printable(conversation)!r}.",
        "`edgeroute history list` shows which there are.",
    )
