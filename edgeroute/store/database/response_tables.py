"""The tables of stored responses. They go with their conversation."""

from __future__ import annotations

from typing import Any, Final

_TABLES: Final = (
    """
CREATE TABLE responses (
    id TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    created TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    length INTEGER NOT NULL,
    previous TEXT NOT NULL,
    size INTEGER NOT NULL,
    content BLOB NOT NULL
)""",
    "CREATE INDEX responses_created ON responses (created, size)",
    "CREATE INDEX responses_conversation ON responses (conversation)",
    """
CREATE TABLE response_items (
    item TEXT NOT NULL,
    response TEXT NOT NULL REFERENCES responses (id) ON DELETE CASCADE,
    UNIQUE (item, response)
)""",
    "CREATE INDEX response_items_response ON response_items (response)",
)


def stored_responses(connection: Any) -> None:
    """Responses that programs may ask for again, and the names of the items in them."""
    for statement in _TABLES:
        connection.execute(statement)
