"""The tables, as numbered steps. Steps are only ever appended: the number of a step is its place.

A step runs inside a transaction and must not end it. Times are ISO 8601 text in UTC with
microseconds, so that they sort; amounts are decimal text in USD.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from edgeroute.store.database.receipt_chain import receipts_chained
from edgeroute.store.database.response_tables import stored_responses
from edgeroute.store.database.sent_tables import sent_requests
from edgeroute.store.database.soundness import second_copy_of_latches


def _run(connection: Any, script: str) -> None:
    """Run the statements of ``script``; ``executescript`` would end the transaction."""
    for statement in script.split(";\n"):
        if statement.strip():
            connection.execute(statement)


def first_tables(connection: Any) -> None:
    """Conversations, receipts, ledger, alerts, outcomes and small states."""
    _run(
        connection,
        """
CREATE TABLE values_kept (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE states (name TEXT PRIMARY KEY, value TEXT NOT NULL, updated TEXT NOT NULL);

CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    mode TEXT NOT NULL,
    latched INTEGER NOT NULL DEFAULT 0,
    latch_reason TEXT NOT NULL DEFAULT '',
    pinned INTEGER NOT NULL DEFAULT 0,
    tags TEXT NOT NULL DEFAULT '[]',
    parent TEXT NOT NULL DEFAULT '',
    stored INTEGER NOT NULL DEFAULT 1,
    masks TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX conversations_updated ON conversations (pinned, updated);
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    created TEXT NOT NULL,
    messages TEXT NOT NULL,
    text TEXT NOT NULL,
    complete INTEGER NOT NULL,
    receipt TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT ''
);
CREATE INDEX turns_conversation ON turns (conversation, id);
CREATE TABLE prefixes (
    digest BLOB NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    length INTEGER NOT NULL,
    UNIQUE (digest, conversation)
);
CREATE INDEX prefixes_conversation ON prefixes (conversation, length);
CREATE VIRTUAL TABLE search USING fts5 (
    text, content = 'turns', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER turns_added AFTER INSERT ON turns BEGIN
    INSERT INTO search (rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER turns_deleted AFTER DELETE ON turns BEGIN
    INSERT INTO search (search, rowid, text) VALUES ('delete', old.id, old.text); END;

CREATE TABLE receipts (
    id TEXT PRIMARY KEY,
    created TEXT NOT NULL,
    conversation TEXT NOT NULL,
    left_machine INTEGER NOT NULL,
    private INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX receipts_created ON receipts (created);
CREATE INDEX receipts_conversation ON receipts (conversation, created);

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    receipt TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    created TEXT NOT NULL,
    day TEXT NOT NULL,
    user TEXT NOT NULL,
    task TEXT NOT NULL,
    rule TEXT NOT NULL,
    conversation TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    place TEXT NOT NULL,
    role TEXT NOT NULL,
    outcome TEXT NOT NULL,
    input_uncached INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write_short INTEGER NOT NULL,
    cache_write_long INTEGER NOT NULL,
    output_visible INTEGER NOT NULL,
    output_reasoning INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    cost TEXT,
    basis TEXT NOT NULL,
    rate TEXT NOT NULL,
    premium TEXT,
    cache_saved TEXT,
    duration_ms INTEGER NOT NULL,
    UNIQUE (receipt, attempt)
);
CREATE INDEX ledger_created ON ledger (created);
CREATE INDEX ledger_day ON ledger (day);
CREATE INDEX ledger_task ON ledger (task, id);

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    conversation TEXT NOT NULL,
    receipt TEXT NOT NULL,
    details TEXT NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE outcomes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL,
    kind TEXT NOT NULL,
    prompt BLOB NOT NULL,
    embedding BLOB,
    task TEXT NOT NULL,
    rule TEXT NOT NULL,
    model TEXT NOT NULL,
    quality REAL NOT NULL,
    cost TEXT,
    receipt TEXT NOT NULL
);
CREATE INDEX outcomes_receipt ON outcomes (receipt);
""",
    )


def ledger_client(connection: Any) -> None:
    """Which connected program a line of the ledger is for."""
    _run(
        connection,
        """
ALTER TABLE ledger ADD COLUMN client TEXT NOT NULL DEFAULT '';
CREATE INDEX ledger_client ON ledger (client, created);
""",
    )


def places_of_latches(connection: Any) -> None:
    """Which message of a latched conversation holds personal data (0: all), by which rules."""
    _run(
        connection,
        """
ALTER TABLE conversations ADD COLUMN held_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN held_by TEXT NOT NULL DEFAULT '';
""",
    )


def rows_of_targets(connection: Any) -> None:
    """A row for each model and provider, which processes change one after the other."""
    _run(
        connection,
        """
CREATE TABLE targets (name TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL);
DELETE FROM states WHERE name = 'provider health';
""",
    )


def comparisons(connection: Any) -> None:
    """What calls are measured against, by name, and which of them belong to one task of the user.

    Earlier lines were measured as if nothing were cached, so what they say of it is not known.
    """
    _run(
        connection,
        """
ALTER TABLE ledger ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN compared TEXT;
ALTER TABLE ledger ADD COLUMN premium_model TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN single TEXT;
ALTER TABLE ledger ADD COLUMN single_model TEXT NOT NULL DEFAULT '';
UPDATE ledger SET premium = NULL;
""",
    )


Migration = Callable[[Any], None]
MIGRATIONS: Final[Sequence[Migration]] = (
    first_tables,
    ledger_client,
    places_of_latches,
    stored_responses,
    rows_of_targets,
    comparisons,
    sent_requests,
    receipts_chained,
    second_copy_of_latches,
)


def apply(connection: Any, steps: Sequence[Migration], applied: str) -> int:
    """Bring the database up to the last of ``steps``; ``applied`` is the moment, as text.

    All missing steps run in one transaction: a crash in the middle leaves the old tables.
    Returns how many steps ran.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied TEXT NOT NULL)"
        )
        for number, step in enumerate(steps[version:], start=version + 1):
            step(connection)
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?, ?)", (number, step.__name__, applied)
            )
        connection.execute(f"PRAGMA user_version = {max(version, len(steps))}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return max(0, len(steps) - version)
