"""The chain of receipts: what it notices, and what it lets pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeroute.core.secret import Secret
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.database.database import Database
from edgeroute.store.database.migrations import MIGRATIONS
from edgeroute.store.database.receipt_chain import receipts_chained
from edgeroute.store.records.receipts import Receipts
from tests.support.receipts import attempt, receipt

MOMENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def name(number: int) -> str:
    """The id of a receipt."""
    return f"r{number}"


@pytest.fixture
def receipts(database: Database) -> Receipts:
    """Six receipts, three each of two conversations, each written before and after its answer."""
    found = Receipts(database)
    for chat in ("c0", "c1"):
        Conversations(database).create(id=chat)
    for n in range(6):
        one = replace(
            receipt(attempt(bytes_sent=10)),
            id=name(n),
            created=MOMENT + timedelta(minutes=n),
            conversation=f"c{n % 2}",
        )
        found.add(replace(one, error="interrupted"))
        found.add(one)
    return found


def test_what_was_not_touched_is_whole(receipts: Receipts) -> None:
    """All are counted, and the head of an earlier look still holds when more have come."""
    before = receipts.verify()
    assert (before.receipts, before.deleted, before.broken) == (6, 0, ())
    receipts.add(replace(receipt(attempt()), id="later"))
    after = receipts.verify(before.head)
    assert (after.receipts, after.broken) == (7, ())
    assert after.head != before.head


def test_the_user_may_delete(database: Database, receipts: Receipts) -> None:
    """A deleted conversation leaves a gap that the chain knows of, and nothing that names it."""
    head = receipts.verify().head
    conversations = Conversations(database)
    conversations.delete("c0")
    conversations.purge(before=MOMENT + timedelta(minutes=2))
    found = receipts.verify(head)
    assert (found.receipts, found.deleted, found.broken) == (2, 4, ())
    rows = database.read("SELECT * FROM receipt_chain")
    assert not [one for row in rows for one in row if isinstance(one, str) and "r0" in one]


def _cut_end(database: Database) -> int:
    database.write("DELETE FROM receipts WHERE id = 'r5'")
    return database.write("DELETE FROM receipt_chain WHERE number > 10")


def _hide(database: Database) -> None:
    """Take a receipt out, and have the chain say that another one has replaced it."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM receipts WHERE id = 'r3'")
        connection.execute("UPDATE receipt_chain SET replaces = '[8,11]' WHERE number = 12")


def _run(sql: str) -> Callable[[Database], object]:
    return lambda database: database.write(sql)


TRICKS: dict[str, tuple[Callable[[Database], object], str]] = {
    "changed": (
        _run("UPDATE receipts SET body = replace(body, '10', '0') WHERE id = 'r2'"),
        "Receipt r2 was changed",
    ),
    "column": (
        _run("UPDATE receipts SET left_machine = 0 WHERE id = 'r3'"),
        "Receipt r3 was changed",
    ),
    "gone": (_run("DELETE FROM receipts WHERE id = 'r3'"), "entry 8 is gone"),
    "both gone": (
        lambda database: [
            database.write("DELETE FROM receipts WHERE id = 'r3'"),
            database.write("DELETE FROM receipt_chain WHERE number IN (7, 8)"),
        ],
        "Entry 7 is missing",
    ),
    "end": (_cut_end, "ends before entry 11"),
    "end with head": (
        lambda database: [
            _cut_end(database),
            database.write(
                "UPDATE receipt_chain_head SET number = 10,"
                " mac = (SELECT mac FROM receipt_chain WHERE number = 10)"
            ),
        ],
        "The end of the chain, entry 10, was changed",
    ),
    "put in": (
        _run(
            "INSERT INTO receipts SELECT 'x', created, conversation, left_machine, private, body,"
            " 99 FROM receipts WHERE id = 'r1'"
        ),
        "",
    ),
    "copied": (
        _run(
            "INSERT INTO receipts SELECT 'x', created, conversation, left_machine, private, body,"
            " entry FROM receipts WHERE id = 'r1'"
        ),
        "Receipt x is not in the chain",
    ),
    "swapped": (
        _run("UPDATE receipts SET entry = 14 - entry WHERE id IN ('r2', 'r3')"),
        "was changed",
    ),
    "hidden": (_hide, "Entry 12 was changed"),
    "all": (_run("DELETE FROM receipt_chain"), "ends before entry 1"),
    "key": (_run("DELETE FROM values_kept"), "was changed"),
}


@pytest.mark.parametrize(("trick", "sentence"), TRICKS.values(), ids=TRICKS)
def test_the_first_break_is_named(
    database: Database, receipts: Receipts, trick: Callable[[Database], object], sentence: str
) -> None:
    """Whatever is changed, put in or taken out by another hand is noticed, and where."""
    trick(database)
    broken = receipts.verify().broken
    assert broken
    assert sentence in broken[0]


def test_an_earlier_form_is_noticed(database: Database, receipts: Receipts) -> None:
    """What a receipt said while its answer ran does not pass for what it says in the end."""
    one = replace(receipt(attempt(bytes_sent=0)), id="r9")
    receipts.add(one)
    row = tuple(database.read("SELECT * FROM receipts WHERE id = 'r9'")[0])
    receipts.add(replace(one, attempts=(attempt(bytes_sent=10),)))
    assert not receipts.verify().broken
    database.write(f"INSERT OR REPLACE INTO receipts VALUES ({', '.join('?' * len(row))})", row)
    broken = receipts.verify().broken
    assert broken[0] == "Receipt r9 was put back after it was replaced."
    assert "entry 14 is gone" in broken[1]


def test_an_old_copy_is_told_by_a_head_that_was_kept(
    receipts: Receipts, database: Database
) -> None:
    """The chain alone cannot tell that a whole old database was put back; a kept head can."""
    known = receipts.verify().head
    assert receipts.verify("12-0123456789abcdef").broken
    assert receipts.verify("no head").broken
    assert not receipts.verify(known).broken


def test_receipts_of_an_older_edgeroute_are_chained_after_a_backup(
    tmp_path: Path, key: Secret
) -> None:
    """The migration seals what is there, and the file as it was lies beside."""
    path = tmp_path / "data" / "e.db"
    before = MIGRATIONS.index(receipts_chained)
    old = Database(path, key, migrations=MIGRATIONS[:before])
    for n in range(5):
        old.write(
            "INSERT INTO receipts VALUES (?, ?, 'c', 1, 0, '{}')",
            (name(n), MOMENT.isoformat()),
        )
    old.close()
    new = Database(path, key)
    found = Receipts(new).verify()
    assert (found.receipts, found.broken) == (5, ())
    assert (path.parent / f"e.db.backup-v{before}").exists()
    new.close()


def test_the_chain_costs_microseconds(database: Database) -> None:
    """An entry costs a small part of what keeping a receipt costs anyway."""
    found = Receipts(database)
    one = receipt(attempt(bytes_sent=10))
    with database.transaction():
        began = time.process_time()
        for n in range(300):
            found.add(replace(one, id=name(n)))
        seconds = time.process_time() - began
    assert seconds / 300 < 0.002
    assert found.verify().receipts == 300
