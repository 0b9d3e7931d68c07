"""What belongs to a conversation and is no part of it: what was begun to be written there."""

from __future__ import annotations

import json
from typing import Any, Final, Literal, get_args

from edgeroute.store.database.database import Database
from edgeroute.store.records.key_value import KeyValueStore

Kind = Literal["draft", "system", "deleted"]
PREFIX: Final = "chat:"


class ConversationNotes:
    """Texts by conversation and kind, erased with the conversation. A ``draft`` is what stood in
    the message box, ``system`` the name of the chosen system prompt; ``deleted`` marks what is to
    be erased. The conversation that is not begun yet has no id.
    """

    def __init__(self, database: Database, states: KeyValueStore) -> None:
        self._database, self._states = database, states

    def get(self, conversation: str, kind: Kind) -> str:
        """The text; empty where there is none."""
        return str(self._states.get(_name(conversation, kind), ""))

    def noted(self, kind: Kind) -> list[str]:
        """The conversations with a text of this ``kind``."""
        start = _name("", kind)
        rows = self._database.read(
            "SELECT name FROM states WHERE substr(name, 1, ?) = ?", (len(start), start)
        )
        return [str(row["name"])[len(start) :] for row in rows]

    def keep(self, conversation: str, kind: Kind, text: str) -> None:
        """Keep ``text``; an empty one is forgotten, and so is that of a conversation that is gone:
        another process may have erased it since.
        """
        name = _name(conversation, kind)
        there = "SELECT 1 FROM conversations WHERE id = ?"
        with self._database.transaction() as connection:
            gone = conversation and not connection.execute(there, (conversation,)).fetchone()
            if text and not gone:
                self._states.set(name, text)
            else:
                connection.execute("DELETE FROM states WHERE name = ?", (name,))


def kept(conversation: str) -> str:
    """SQL that holds where the conversation in this column is not marked to be erased."""
    mark = _name("", "deleted")
    return f"NOT EXISTS (SELECT 1 FROM states WHERE name = '{mark}' || {conversation})"  # noqa: S608


def forget(connection: Any, conversation: str) -> None:
    """Erase everything of ``conversation``."""
    names = [_name(conversation, kind) for kind in get_args(Kind)]
    connection.execute(
        "DELETE FROM states WHERE name IN (SELECT value FROM json_each(?))", (json.dumps(names),)
    )


def _name(conversation: str, kind: Kind) -> str:
    return f"{PREFIX}{kind}:{conversation}"
