"""Purged means gone from every file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeroute.core.errors import StoreError
from edgeroute.core.messages import assistant, user
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.chats.masks import ConversationMasks
from edgeroute.store.chats.purge import purge
from edgeroute.store.database.database import Database
from edgeroute.store.records.alerts import Alerts
from edgeroute.store.records.ledger import Ledger
from edgeroute.store.records.receipts import Receipts
from tests.store.conftest import Ticking
from tests.support.receipts import receipt

CANARY = "quetzalcoatl"


def fill(database: Database, now: Ticking) -> None:
    """Two conversations with everything that could hold a word of theirs."""
    conversations = Conversations(database, now=now)
    for _ in range(2):
        chat = conversations.create(title=f"{CANARY} title").id
        for n in range(30):
            conversations.append(chat, [user(f"{CANARY} {n}"), assistant(f"{CANARY} " * 300)])
        ConversationMasks(database).change(chat, lambda _: {"<PERSON_1>": CANARY})
        conversations.latch(chat, f"{CANARY} latch")
        conversations.tag(chat, [CANARY])
        note = receipt(id=chat, conversation=chat, notes=(CANARY,), created=now.moment)
        Receipts(database).add(note)
        Ledger(database).record(note)
    Alerts(database, now=now).add("k", CANARY)
    for suffix in (".backup-v1", ".damaged-20260101T000000", ".damaged-20260101T000000-wal"):
        database.path.with_name(database.path.name + suffix).write_bytes(CANARY.encode() * 9)


def bytes_on_disk(database: Database) -> bytes:
    """All bytes of all files beside the database."""
    return b"".join(path.read_bytes() for path in sorted(database.path.parent.iterdir()))


def test_nothing_readable_remains(database: Database, now: Ticking) -> None:
    """After a purge the canary is in no byte of the file, its log, its index or its copies."""
    fill(database, now)
    if not database.encrypted:
        assert CANARY.encode() in bytes_on_disk(database)
    gone = purge(database, records=True)
    assert gone == {"conversations": 2, "receipts": 2, "ledger": 2, "alerts": 1, "outcomes": 0}
    assert CANARY.encode() not in bytes_on_disk(database)
    assert not list(database.path.parent.glob("*damaged*"))
    assert Conversations(database).list() == []
    assert Conversations(database).search(CANARY) == []


def test_the_ledger_stays_unless_asked_for(database: Database, now: Ticking) -> None:
    """Money is remembered without any text."""
    fill(database, now)
    purge(database)
    assert Ledger(database).total().calls == 2
    assert Receipts(database).list() == []


def test_only_what_is_old_goes(database: Database, now: Ticking) -> None:
    """A limit keeps what was touched since."""
    fill(database, now)
    boundary = Conversations(database).list()[0].updated
    gone = purge(database, before=boundary)
    assert gone["conversations"] == 1
    assert len(Conversations(database).list()) == 1
    assert purge(database, before=boundary - timedelta(days=1))["conversations"] == 0


def test_a_reader_elsewhere_is_said(database: Database, now: Ticking) -> None:
    """While another connection reads, old pages cannot go, and the user is told."""
    from edgeroute.store.database import sqlite
    from tests.store.conftest import KEY

    fill(database, now)
    other = sqlite.connect(database.path, KEY if database.encrypted else None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM turns").fetchone()
    with database.transaction() as connection:
        connection.execute("PRAGMA busy_timeout = 100")
    with database._lock:
        database._writer.execute("PRAGMA busy_timeout = 100")
    with pytest.raises(StoreError, match="do it again"):
        purge(database)
    other.execute("COMMIT")
    other.close()
    purge(database)
    assert f"{CANARY} 1".encode() not in bytes_on_disk(database)
