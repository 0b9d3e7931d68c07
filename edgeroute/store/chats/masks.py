"""The placeholders of mask mode: what stands for what in each conversation."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from edgeroute.core.ids import OWNER_ENDS, owned, owner_of
from edgeroute.store.chats.conversation_rows import unknown
from edgeroute.store.database.codec import printable
from edgeroute.store.database.database import Database


class ConversationMasks:
    """The placeholders of all conversations; one that keeps no text keeps none of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, conversation: str) -> dict[str, str]:
        """The placeholders and what they stand for."""
        rows = self._database.read(
            "SELECT masks FROM conversations WHERE id = ?", (printable(conversation),)
        )
        return dict(json.loads(rows[0]["masks"])) if rows else {}

    def of_others(self, conversation: str, most: int) -> list[dict[str, str]]:
        """The placeholders of the ``most`` latest other conversations of the same owner."""
        name = printable(conversation)
        owner = owned("", owner_of(name))
        rows = self._database.read(
            "SELECT masks FROM conversations WHERE masks != '{}' AND id != ?"
            " AND substr(id, 1, instr(id, ?)) = ? ORDER BY rowid DESC LIMIT ?",
            (name, OWNER_ENDS, owner, most),
        )
        return [dict(json.loads(row["masks"])) for row in rows]

    def change(
        self, conversation: str, change: Callable[[Mapping[str, str]], Mapping[str, str]]
    ) -> None:
        """Replace the placeholders by what ``change`` makes of them; nobody writes in between.

        Raises:
            StoreError: there is no such conversation.
        """
        with self._database.transaction() as connection:
            changed = connection.execute(
                "UPDATE conversations SET masks = iif(stored, ?, masks) WHERE id = ?",
                (json.dumps(dict(change(self.get(conversation)))), printable(conversation)),
            )
            if not changed.rowcount:
                raise unknown(conversation)
