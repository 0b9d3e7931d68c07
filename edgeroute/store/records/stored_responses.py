"""Answers that programs may ask for again, and go on from: encrypted as all of the database is."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from edgeroute.core.stored_response import StoredResponse
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.database.codec import moment, printable, stamp
from edgeroute.store.database.database import Database

_MEGABYTE: Final = 1_000_000
# What goes on from an answer holds what its conversation held up to that answer.
_ROWS: Final = """
SELECT r.*, c.mode, c.latch_reason,
       c.latched = 1 AND (c.held_from = 0 OR r.length = 0 OR c.held_from <= r.length) AS bound
  FROM responses r JOIN conversations c ON c.id = r.conversation
"""
_HELD: Final = "It goes on from a conversation that held personal data."


class StoredResponses:
    """All stored responses in the database.

    They are kept for ``days``, and the latest ``megabytes`` of them; 0 of either keeps none.
    """

    def __init__(
        self,
        database: Database,
        *,
        days: float = 30,
        megabytes: float = 500,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._days = timedelta(days=days)
        self._bytes = round(megabytes * _MEGABYTE)
        self._now = now

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all."""
        return bool(self._days) and self._bytes > 0

    def add(self, response: StoredResponse) -> None:
        """Keep ``response``, unless nothing is to be kept; what is too old or too much goes.

        One whose conversation is gone is not kept either.
        """
        if not self.keeps:
            return
        content = zlib.compress(
            json.dumps({"input": [*response.input], "body": dict(response.body)}).encode()
        )
        name = printable(response.id)
        with self._database.transaction() as connection:
            added = connection.execute(
                "INSERT OR IGNORE INTO responses SELECT ?, ?, ?, id, ?, ?, ?, ?"
                " FROM conversations WHERE id = ?",
                (
                    name,
                    response.client,
                    stamp(response.created),
                    response.length,
                    printable(response.previous),
                    len(content),
                    content,
                    printable(response.conversation),
                ),
            )
            if added.rowcount:
                items = {_name(item) for item in response.output} - {""}
                connection.executemany(
                    "INSERT INTO response_items VALUES (?, ?)", [(item, name) for item in items]
                )
            self.expire()

    def get(self, client: str, response: str) -> StoredResponse | None:
        """The response, or None: unknown, another program's, too old, deleted, damaged."""
        return self._one("WHERE r.id = ?", client, response)

    def holding(self, client: str, item: str) -> StoredResponse | None:
        """The latest response whose answer has the item called ``item``, or None."""
        return self._one(
            "JOIN response_items i ON i.response = r.id WHERE i.item = ?", client, item
        )

    def delete(self, client: str, response: str) -> bool:
        """Delete it so that nothing readable remains of it; whether there was one.

        Raises:
            StoreError: another program is reading the database, so that its text stays in the log;
                deleting any other one later removes it.
        """
        gone = self._database.write(
            "DELETE FROM responses WHERE id = ? AND client = ?", (printable(response), client)
        )
        if gone:
            self._database.flush()
        return bool(gone)

    def expire(self) -> None:
        """Delete what is too old or too much."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM responses WHERE created < ?", (self._oldest(),))
            total = connection.execute("SELECT total(size) FROM responses").fetchone()[0]
            if total > self._bytes:
                connection.execute(
                    "DELETE FROM responses WHERE id IN (SELECT id FROM (SELECT id, sum(size)"
                    " OVER (ORDER BY created DESC, id DESC) AS newer FROM responses)"
                    " WHERE newer > ?)",
                    (self._bytes,),
                )

    def _oldest(self) -> str:
        return stamp(self._now() - self._days) if self.keeps else "9999"

    def _one(self, where: str, client: str, name: str) -> StoredResponse | None:
        rows = self._database.read(
            f"{_ROWS} {where} AND r.client = ? AND r.created >= ?"
            " ORDER BY r.created DESC, r.id DESC LIMIT 1",
            (printable(name), client, self._oldest()),
        )
        return _response_of(rows[0]) if rows else None


def _name(item: Any) -> str:
    name = item.get("id") if isinstance(item, Mapping) else None
    return printable(name) if isinstance(name, str) else ""


def _response_of(row: Any) -> StoredResponse | None:
    """The response in a row; None where its content cannot be read."""
    try:
        text = zlib.decompress(row["content"])
        content = json.loads(text)
        said, body = content["input"], content["body"]
    except (zlib.error, ValueError, KeyError, TypeError):
        return None
    if not isinstance(said, list) or not isinstance(body, dict):
        return None
    return StoredResponse(
        id=row["id"],
        client=row["client"],
        created=moment(row["created"]),
        conversation=row["conversation"],
        length=row["length"],
        previous=row["previous"],
        input=said,
        body=body,
        held=(row["latch_reason"] or _HELD) if row["bound"] else "",
        private=row["mode"] == PrivacyMode.PRIVATE,
        size=len(text),
    )
