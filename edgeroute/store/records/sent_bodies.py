"""The very bodies that left this machine, kept with their conversation and gone with it.

A conversation's requests repeat what was said before, so a body is kept in pieces that they share.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edgeroute.core.receipt import Receipt
from edgeroute.store.database.codec import printable, stamp
from edgeroute.store.database.database import Database

_MEGABYTE: Final = 1_000_000
_PIECE: Final = 8_192  # bytes; a piece ends at the next message
_SHARE: Final = 4
_MESSAGE: Final = b'{"role"'


class SentBodies:
    """The bodies of all requests that left; ``megabytes`` bounds them, and 0 keeps none.

    Of a conversation that keeps no text nothing is kept here either.
    """

    def __init__(self, database: Database, *, megabytes: float = 500) -> None:
        self._database = database
        self._bytes = round(megabytes * _MEGABYTE)
        self._unseen = 0  # bytes that may be added before what is there is counted again

    def keep(self, receipt: Receipt, bodies: Mapping[str, bytes]) -> None:
        """Keep those of ``bodies``, by their digest, of which ``receipt`` says that they left."""
        left = {attempt.digest for attempt in receipt.attempts if attempt.bytes_sent}
        wanted = {digest: body for digest, body in bodies.items() if digest in left}
        if not wanted or not self._bytes:
            return
        chat = printable(receipt.conversation)
        with self._database.transaction() as connection:
            stored = "SELECT 1 FROM conversations WHERE id = ? AND stored"
            if connection.execute(stored, (chat,)).fetchone() is None:
                return
            for digest, body in wanted.items():
                numbers = [self._number(connection, chat, piece) for piece in _pieces(body)]
                connection.execute(
                    "INSERT OR IGNORE INTO sent VALUES (?, ?, ?, ?, ?)",
                    (
                        printable(receipt.id),
                        digest,
                        chat,
                        stamp(receipt.created),
                        json.dumps(numbers),
                    ),
                )
            self._make_room(connection, chat)

    def body(self, receipt: str, digest: str) -> bytes | None:
        """The body with this digest that left for ``receipt``; None where it is not kept."""
        rows = self._database.read(
            "SELECT p.content FROM sent s, json_each(s.pieces) e JOIN sent_pieces p"
            " ON p.id = e.value WHERE s.receipt = ? AND s.digest = ? ORDER BY e.key",
            (printable(receipt), digest),
        )
        body = b"".join(zlib.decompress(row["content"]) for row in rows)
        return body if rows and hashlib.sha256(body).hexdigest() == digest else None

    def _make_room(self, connection: Any, kept: str) -> None:
        """Let go of the conversations that sent nothing for longest, but for ``kept``.

        Counting reads every piece, so a share of what is left is used up in between: a share, since
        other processes add theirs.
        """
        if self._unseen >= 0:
            return
        size = "SELECT total(length(content)) FROM sent_pieces"
        oldest = (
            "SELECT conversation FROM sent WHERE conversation <> ?"
            " GROUP BY conversation ORDER BY max(created) LIMIT 1"
        )
        while (there := connection.execute(size).fetchone()[0]) > self._bytes:
            row = connection.execute(oldest, (kept,)).fetchone()
            gone = row[0] if row else kept
            for table in ("sent", "sent_pieces"):
                connection.execute(f"DELETE FROM {table} WHERE conversation = ?", (gone,))  # noqa: S608
        self._unseen = int(self._bytes - there) // _SHARE

    def _number(self, connection: Any, conversation: str, piece: bytes) -> int:
        """The number of ``piece`` of ``conversation``, which is kept unless it is already."""
        digest = hashlib.blake2b(piece, digest_size=16).digest()
        found = "SELECT id FROM sent_pieces WHERE conversation = ? AND digest = ?"
        row = connection.execute(found, (conversation, digest)).fetchone()
        if row is not None:
            return int(row[0])
        content = zlib.compress(piece, 1)
        added = connection.execute(
            "INSERT INTO sent_pieces (conversation, digest, content) VALUES (?, ?, ?)",
            (conversation, digest, content),
        )
        self._unseen -= len(content)
        return int(added.lastrowid)


def _pieces(body: bytes) -> Iterator[bytes]:
    """``body`` cut before messages: bodies with the same beginning have the same first pieces."""
    start = 0
    while (end := body.find(_MESSAGE, start + _PIECE)) > 0:
        yield body[start:end]
        start = end
    yield body[start:]
