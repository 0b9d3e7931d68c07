"""Rows of conversations and turns, and what becomes of them."""

from __future__ import annotations

import json
from typing import Any, Final

from edgeroute.core.conversation import Binding, Conversation, Turn
from edgeroute.core.errors import StoreError
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.database.codec import load_messages, moment, printable

COLUMNS: Final = (
    "c.id, c.title, c.created, c.updated, c.mode, c.latched, c.latch_reason, c.pinned, c.tags,"
    " c.parent, c.stored, (SELECT count(*) FROM turns t WHERE t.conversation = c.id) AS turns,"
    " (SELECT t.model FROM turns t WHERE t.conversation = c.id ORDER BY t.id DESC LIMIT 1)"
    " AS model, (EXISTS (SELECT 1 FROM receipts r WHERE r.conversation = c.id AND r.left_machine)"
    " OR EXISTS (SELECT 1 FROM turns t LEFT JOIN receipts r ON r.id = t.receipt"
    " WHERE t.conversation = c.id AND (r.left_machine"
    " OR (t.model <> '' AND t.model NOT LIKE 'local/%')))) AS sent,"
    " coalesce((SELECT json_extract(r.body, '$.front_door', '$.client') FROM receipts r"
    " WHERE r.conversation = c.id ORDER BY r.created LIMIT 1),"
    # A fork that was not gone on with began where what it took over did.
    " (SELECT json_extract(r.body, '$.front_door', '$.client') FROM turns t JOIN receipts r"
    " ON r.id = t.receipt WHERE t.conversation = c.id ORDER BY t.id LIMIT 1)) AS began"
)


def conversation_of(row: Any) -> Conversation:
    """The conversation in a row of ``COLUMNS``."""
    front_door, client = json.loads(row["began"] or '["", ""]')
    return Conversation(
        id=row["id"],
        title=row["title"],
        created=moment(row["created"]),
        updated=moment(row["updated"]),
        mode=PrivacyMode(row["mode"]),
        latched=row["latched"] == 1,
        latch_reason=row["latch_reason"],
        pinned=bool(row["pinned"]),
        tags=tuple(json.loads(row["tags"])),
        parent=row["parent"],
        stored=bool(row["stored"]),
        turns=row["turns"],
        model=row["model"] or "",
        left=bool(row["sent"]),
        front_door=front_door or "",
        client=client or "",
    )


def binding_of(row: Any) -> Binding:
    """What binds the conversation in a row with its mode and its latch."""
    return Binding(PrivacyMode(row["mode"]), row["latched"] == 1, row["latch_reason"])


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
