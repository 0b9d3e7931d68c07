"""Deleting so that nothing readable remains in any file of the database."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from edgeroute.store.chats.notes import PREFIX
from edgeroute.store.chats.search import forgetting
from edgeroute.store.database import receipt_chain, rescue
from edgeroute.store.database.codec import stamp
from edgeroute.store.database.database import Database

_CONTENT: Final = (("conversations", "updated"), ("receipts", "created"))
_RECORDS: Final = (("ledger", "created"), ("alerts", "created"), ("outcomes", "created"))


def purge(
    database: Database, *, before: datetime | None = None, records: bool = False
) -> dict[str, int]:
    """Delete conversations and receipts, all or those last touched before ``before``.

    With ``records`` the ledger, alerts and outcomes go too; they hold no text of prompts or
    answers. The file is rewritten without free pages, its log emptied, and backups and files set
    aside are overwritten and removed. Returns how many rows of each table went.

    Raises:
        StoreError: the database is in use elsewhere or the disk is full; what was deleted stays
            deleted, and running it again finishes the work.
    """
    limit = stamp(before) if before else "9999"
    with database.transaction() as connection:
        gone = {}
        turns = int(connection.execute("SELECT count(*) FROM turns").fetchone()[0])
        with forgetting(connection, turns):
            receipt_chain.forget(connection, "created < ?", (limit,))
            for table, column in (*_CONTENT, *(_RECORDS if records else ())):
                delete = f"DELETE FROM {table} WHERE {column} < ?"  # noqa: S608
                gone[table] = int(connection.execute(delete, (limit,)).rowcount)
            connection.execute("DELETE FROM sent WHERE receipt NOT IN (SELECT id FROM receipts)")
            connection.execute(
                "DELETE FROM sent_pieces WHERE id NOT IN"
                " (SELECT value FROM sent, json_each(pieces))"
            )
            connection.execute(
                "DELETE FROM states WHERE substr(name, 1, ?) = ? AND updated < ?",
                (len(PREFIX), PREFIX, limit),
            )
    database.compact()
    rescue.erase_leftovers(database.path)
    return gone
