"""Bodies that left: kept to the byte, with their conversation, within bounds, and gone with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.database.database import Database
from edgeroute.store.records.receipts import Receipts
from edgeroute.store.records.sent_bodies import SentBodies
from tests.store.conftest import Ticking
from tests.support.receipts import attempt, receipt

CANARY = b"quetzalcoatl"


def body(messages: int, word: str = "said") -> bytes:
    """A body with so many messages, each of which is a few kilobytes."""
    said = [{"role": "user", "content": f"{word} {n} " * 300} for n in range(messages)]
    return json.dumps({"messages": said, "temperature": 0}, separators=(",", ":")).encode()


def sent(name: str, *bodies: bytes, conversation: str = "c") -> tuple[Receipt, dict[str, bytes]]:
    """A receipt for ``bodies`` that left, and they by their digest."""
    found = {hashlib.sha256(one).hexdigest(): one for one in bodies}
    tries = [attempt(place=Place.CLOUD, bytes_sent=9, digest=digest) for digest in found]
    return replace(receipt(*tries), id=name, conversation=conversation), found


@pytest.fixture
def chats(database: Database, now: Ticking) -> Conversations:
    """A store with the conversation ``c``."""
    found = Conversations(database, now=now)
    found.create(id="c")
    return found


def count(database: Database, table: str) -> int:
    """The rows of ``table``."""
    return int(database.read(f"SELECT count(*) AS n FROM {table}")[0]["n"])


@pytest.mark.usefixtures("chats")
def test_bodies_come_back_to_the_byte(database: Database) -> None:
    """Whatever they hold, in later processes too; another digest or receipt finds nothing."""
    kept = SentBodies(database)
    bodies = (body(9), b"", b"\xff{not json", body(1))
    found, by_digest = sent("r1", *bodies)
    kept.keep(found, by_digest)
    database.close()
    again = SentBodies(database)
    for digest, one in by_digest.items():
        assert again.body("r1", digest) == one
        assert again.body("r2", digest) is None
    assert again.body("r1", "0" * 64) is None


@pytest.mark.usefixtures("chats")
def test_what_is_said_again_is_kept_once(database: Database) -> None:
    """The hundredth request of a chat costs little more than what is new in it."""
    kept = SentBodies(database)
    for n in range(1, 41):
        kept.keep(*sent(f"r{n}", body(n)))
    rows = database.read("SELECT total(length(content)) AS n FROM sent_pieces")
    whole = sum(len(body(n)) for n in range(1, 41))
    assert rows[0]["n"] < whole / 20
    assert kept.body("r17", hashlib.sha256(body(17)).hexdigest()) == body(17)


def test_what_did_not_leave_or_is_not_to_be_stored_is_not_kept(
    database: Database, chats: Conversations
) -> None:
    """A refused attempt, a conversation without text, one that is unknown, no room at all."""
    chats.create(id="silent", stored=False)
    found, bodies = sent("r1", CANARY)
    refused = replace(found, attempts=(replace(found.attempts[0], bytes_sent=0),))
    SentBodies(database).keep(refused, bodies)
    for chat in ("silent", "nobody"):
        SentBodies(database).keep(*sent("r2", CANARY, conversation=chat))
    SentBodies(database, megabytes=0).keep(found, bodies)
    assert count(database, "sent") == count(database, "sent_pieces") == 0


def test_the_oldest_conversations_make_room(database: Database, chats: Conversations) -> None:
    """Never the one that has just sent, unless it alone is too much."""
    kept = SentBodies(database, megabytes=0.002)
    for n, chat in enumerate(("a", "b", "c")):
        chats.create(id=chat)
        found, bodies = sent(chat, hashlib.shake_256(chat.encode()).digest(800), conversation=chat)
        kept.keep(replace(found, created=found.created + timedelta(minutes=n)), bodies)
    assert [row["receipt"] for row in database.read("SELECT receipt FROM sent")] == ["b", "c"]
    found, bodies = sent("big", hashlib.shake_256(b"x").digest(9_000))
    kept.keep(found, bodies)
    assert count(database, "sent_pieces") == 0


def test_a_deleted_conversation_takes_its_texts_along(
    database: Database, chats: Conversations
) -> None:
    """Nothing readable remains on the disk; a purge by date takes those of its receipts."""
    kept, receipts = SentBodies(database), Receipts(database)
    for name, chat in (("r1", "c"), ("r2", "d")):
        chats.create(id=chat)
        found, bodies = sent(name, CANARY + name.encode(), conversation=chat)
        receipts.add(found)
        kept.keep(found, bodies)
    chats.delete("c")
    assert count(database, "sent") == count(database, "sent_pieces") == 1
    database.write("UPDATE conversations SET updated = '9998'")
    chats.purge(before=found.created + timedelta(days=1))
    assert count(database, "sent") == count(database, "sent_pieces") == 0
    database.close()
    left = b"".join(path.read_bytes() for path in database.path.parent.iterdir())
    assert CANARY not in left
