"""The tables of what left this machine, word for word. They go with their conversation."""

from __future__ import annotations

from typing import Any, Final

_TABLES: Final = (
    """
CREATE TABLE sent (
    receipt TEXT NOT NULL,
    digest TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    created TEXT NOT NULL,
    pieces TEXT NOT NULL,
    PRIMARY KEY (receipt, digest)
)""",
    "CREATE INDEX sent_conversation ON sent (conversation, created)",
    """
CREATE TABLE sent_pieces (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (conversation, digest)
)""",
)


def sent_requests(connection: Any) -> None:
    """The bodies of requests that left, in pieces that a conversation's requests share."""
    for statement in _TABLES:
        connection.execute(statement)
