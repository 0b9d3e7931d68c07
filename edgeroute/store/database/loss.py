"""That a part of the history was lost: which conversations are then held, and for what reason.

What was latched cannot be known any more. So every conversation that is left is latched with one
of ``REASONS``, until the user accepts the loss; one that held personal data keeps its own reason.
"""

from __future__ import annotations

from typing import Any, Final

NAME: Final = "history_lost"
REASON: Final = "Part of the history was lost, so nobody knows what this conversation held."
MASKED_REASON: Final = f"{REASON} It went on with placeholders before."
REASONS: Final = (REASON, MASKED_REASON)
KNOWN: Final = f"latched AND latch_reason NOT IN ('{REASON}', '{MASKED_REASON}')"
"""The SQL condition that a conversation is latched for what it held."""
_ORPHANS: Final = ("turns", "prefixes", "receipts")


def note(connection: Any, moment: str) -> None:
    """Write down in one transaction that something was lost by ``moment`` (ISO 8601), and hold all
    that is left.
    """
    connection.execute("INSERT OR REPLACE INTO states VALUES (?, 'true', ?)", (NAME, moment))
    connection.execute(
        "UPDATE conversations SET latch_reason = iif(latched, ?, ?), latched = 1"
        " WHERE latched <> 1",
        (MASKED_REASON, REASON),
    )


def adopt_orphans(connection: Any, moment: str) -> None:
    """Give what is left of conversations whose own rows are gone a latched one."""
    for table in _ORPHANS:
        names = f"SELECT DISTINCT conversation FROM {table} WHERE conversation <> ''"  # noqa: S608
        rows = [(row["conversation"], moment, REASON) for row in connection.execute(names)]
        connection.executemany(
            "INSERT OR IGNORE INTO conversations"
            " (id, title, created, updated, mode, latched, latch_reason)"
            " VALUES (?1, '', ?2, ?2, 'auto', 1, ?3)",
            rows,
        )
    connection.execute(
        "UPDATE conversations SET latch_reason = 'It held personal data.' WHERE latch_reason = ?"
        " AND created = ? AND id IN (SELECT conversation FROM receipts WHERE private)",
        (REASON, moment),
    )


def accept(connection: Any) -> int:
    """Undo the latches that are due to losses alone; how many there were."""
    connection.execute("DELETE FROM states WHERE name = ?", (NAME,))
    freed = connection.execute(
        "UPDATE conversations SET latched = iif(latch_reason = ?, 2, 0), latch_reason = ''"
        " WHERE latch_reason IN (?, ?)",
        (MASKED_REASON, *REASONS),
    )
    return int(freed.rowcount)
