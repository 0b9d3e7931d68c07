"""Receipts: why each request went where it went, and what left this machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from edgeroute.core.receipt import Receipt
from edgeroute.core.receipt_check import ReceiptCheck
from edgeroute.store.database import receipt_chain
from edgeroute.store.database.codec import dump, load, printable, stamp
from edgeroute.store.database.database import Database
from edgeroute.store.records import receipt_check


class Receipts:
    """All receipts in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, receipt: Receipt) -> None:
        """Keep ``receipt``; one with the same id is replaced."""
        row = (
            printable(receipt.id),
            stamp(receipt.created),
            printable(receipt.conversation),
            int(receipt.left_machine),
            int(receipt.private),
            dump(receipt),
        )
        with self._database.transaction() as connection:
            written = "SELECT entry FROM receipts WHERE id = ?"
            replaced = [one[0] for one in connection.execute(written, row[:1])]
            entry = receipt_chain.append(connection, row, replaced)
            # No index is written anew where what it holds stays the same.
            same = connection.execute(
                "UPDATE receipts SET left_machine = ?, private = ?, body = ?, entry = ?"
                " WHERE id = ? AND created = ? AND conversation = ?",
                (*row[3:], entry, *row[:3]),
            )
            if not same.rowcount:
                connection.execute(
                    "INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, entry)
                )

    def verify(self, head: str = "") -> ReceiptCheck:
        """Whether the receipts are as they were written; ``head`` is what an earlier check gave.

        Raises:
            StoreError: they cannot be read.
        """
        return receipt_check.check(self._database, head)

    def get(self, id: str) -> Receipt | None:  # noqa: A002
        """The receipt, or None. The beginning of an id will do where only one begins so."""
        name = printable(id)
        rows = self._database.read("SELECT body FROM receipts WHERE id = ?", (name,))
        if not rows and name:
            rows = self._database.read(
                "SELECT body FROM receipts WHERE substr(id, 1, ?) = ? LIMIT 2", (len(name), name)
            )
        return load(rows[0]["body"], Receipt) if len(rows) == 1 else None

    def list(
        self,
        *,
        left_machine: bool = False,
        since: datetime | None = None,
        conversation: str = "",
        client: str = "",
        limit: int = 200,
    ) -> Sequence[Receipt]:
        """Receipts, latest first; with ``left_machine`` only those that sent a byte elsewhere."""
        wanted: dict[str, object] = {"created >= ?": stamp(since) if since else ""}
        if left_machine:
            wanted["left_machine = ?"] = True
        if conversation:
            wanted["conversation = ?"] = printable(conversation)
        if client:
            wanted["json_extract(body, '$.client') = ?"] = client
        rows = self._database.read(
            f"SELECT body FROM receipts WHERE {' AND '.join(wanted)}"  # noqa: S608 - fixed words
            " ORDER BY created DESC, rowid DESC LIMIT ?",
            (*wanted.values(), limit),
        )
        return [load(row["body"], Receipt) for row in rows]
