"""All alerts that were raised, and which of them the user has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from edgeroute.core.spending import Alert
from edgeroute.store.database.codec import dump, load, moment, printable, stamp
from edgeroute.store.database.database import Database


class Alerts:
    """All alerts in the database."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now

    def add(
        self,
        kind: str,
        message: str,
        *,
        conversation: str = "",
        receipt: str = "",
        details: Mapping[str, str] | None = None,
    ) -> Alert:
        """Keep an alert, unseen."""
        created = self._now()
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO alerts (created, kind, message, conversation, receipt, details)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    stamp(created),
                    kind,
                    printable(message),
                    printable(conversation),
                    printable(receipt),
                    dump(dict(details or {})),
                ),
            )
            number = int(cursor.lastrowid)
        return Alert(number, created, kind, message, conversation, receipt, dict(details or {}))

    def list(
        self, *, unseen: bool = False, since: datetime | None = None, limit: int = 200
    ) -> Sequence[Alert]:
        """Alerts, latest first; with ``unseen`` only those not yet marked as seen."""
        rows = self._database.read(
            "SELECT * FROM alerts WHERE (NOT ? OR NOT seen) AND created >= ?"
            " ORDER BY id DESC LIMIT ?",
            (unseen, stamp(since) if since else "", limit),
        )
        return [
            Alert(
                id=row["id"],
                created=moment(row["created"]),
                kind=row["kind"],
                message=row["message"],
                conversation=row["conversation"],
                receipt=row["receipt"],
                details=load(row["details"], dict[str, str]),
                seen=bool(row["seen"]),
            )
            for row in rows
        ]

    def mark_seen(self, up_to: int | None = None) -> int:
        """Mark the alerts up to number ``up_to`` (default: all) as seen; how many were not."""
        return self._database.write(
            "UPDATE alerts SET seen = 1 WHERE NOT seen AND (? IS NULL OR id <= ?)", (up_to, up_to)
        )
