"""Whether a database is whole: its pages, what tells of latches twice, and what its rows hold.

SQLite notices what does not fit together, not what a row says. An encrypted file has a keyed hash
in each page, which covers the rest; a plain one has not, so here rows are read as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from edgeroute.store.database import sqlite

# Compared with their indexes: these hold a second copy of all that decides about privacy.
_LATCHES: Final = ("conversations", "prefixes")
_IN_WORDS: Final = ("conversations", "turns", "ledger", "states", "alerts", "outcomes")
# JSON is written in ASCII, moments as they sort, text without NUL.
_WRONG: Final = {
    "conversations": (
        "datetime(created) IS NULL OR datetime(updated) IS NULL OR NOT json_valid(tags)"
    ),
    "turns": (
        "datetime(created) IS NULL OR NOT json_valid(messages) OR messages GLOB '*[^ -~]*'"
        " OR instr(text, char(0))"
    ),
    "receipts": "datetime(created) IS NULL OR NOT json_valid(body) OR body GLOB '*[^ -~]*'",
    "ledger": "datetime(created) IS NULL",
}


def second_copy_of_latches(connection: Any) -> None:
    """An index that holds all that decides about a conversation's privacy, beside its row."""
    connection.execute(
        "CREATE INDEX conversations_latch ON conversations"
        " (id, latched, mode, held_from, held_by, stored, latch_reason, masks)"
    )


def is_sound(connection: Any, *, plain: bool, whole: bool = True) -> bool:
    """Whether nothing is wrong; without ``whole`` only the latches of a ``plain`` file are read,
    which takes milliseconds for thousands of conversations.
    """
    try:
        return not any(_troubles(connection, plain=plain, whole=whole))
    except sqlite.Error as error:
        if sqlite.damaged(error):
            return False
        raise


def drop_wrong_rows(connection: Any) -> None:
    """Delete the rows that hold nothing that could be read as what it should be."""
    for table in _tables(connection, _WRONG):
        connection.execute(f"DELETE FROM {table} WHERE {_WRONG[table]}")  # noqa: S608


def _troubles(connection: Any, *, plain: bool, whole: bool) -> Iterator[bool]:
    if whole:
        yield _says(connection, "quick_check(1)")
    if whole or plain:
        for table in _tables(connection, _LATCHES if whole else _LATCHES[:1]):
            yield _says(connection, f"integrity_check({table})")
    if not (whole and plain):
        return
    for table in _tables(connection, _WRONG):
        query = f"SELECT 1 FROM {table} WHERE {_WRONG[table]} LIMIT 1"  # noqa: S608
        yield connection.execute(query).fetchone() is not None
    for table in _tables(connection, _IN_WORDS):
        for _ in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608
            pass
    yield False


def _says(connection: Any, check: str) -> bool:
    """Whether SQLite finds something."""
    return bool(connection.execute(f"PRAGMA {check}").fetchone()[0] != "ok")


def _tables(connection: Any, wanted: Any) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    names = {str(row["name"]) for row in rows}
    return [name for name in wanted if name in names]
