"""Stores damaged in every way: no latch is lost, and nobody goes on without being told.

A latch is asked for as a request would find it: by the conversation's name and by its history.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from edgeroute.core.errors import StoreError
from edgeroute.core.messages import Message, assistant, user
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.session import Sessions
from edgeroute.store.chats.conversation_prefixes import Prefixes
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.chats.history_loss import HistoryLoss
from edgeroute.store.database.database import Database
from edgeroute.store.records.ledger import Ledger
from edgeroute.store.records.receipts import Receipts
from tests.support.receipts import attempt, receipt

PAGE: Final = 4096
CHATS: Final = 16
LATCHED: Final = range(1, CHATS, 2)
STORES: Final = 13  # of each kind of damage and of store, 208 in all
BITS: Final = 30
KEYS: Final = {"plain": None, "encrypted": Secret("5e" * 32)}
HARMS: Final = ("header", "page", "cut", "zeros", "garbage", "log garbage", "log cut", "log zeros")


@dataclass(frozen=True)
class Store:
    """A folder with a database, and what every table of it says."""

    folder: Path
    key: Secret | None
    tables: dict[str, list[str]]

    def copy(self, target: Path) -> Path:
        """The database file of a copy."""
        shutil.copytree(self.folder, target)
        return target / "e.db"


def history(number: int) -> list[Message]:
    """What was said in a conversation."""
    return [user(f"Question {number} about my garden. " * 5), assistant(f"Answer {number}. " * 40)]


def tables(database: Database) -> dict[str, list[str]]:
    """Every row of every table."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%'"
    return {
        name: sorted(repr(tuple(row)) for row in database.read(f'SELECT * FROM "{name}"'))
        for (name,) in database.read(names)
    }


@pytest.fixture(scope="module", params=KEYS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Half of its conversations are latched; its log holds what was written since the last one."""
    folder, key = tmp_path_factory.mktemp(request.param), KEYS[request.param]
    database = Database(folder / "open" / "e.db", key)
    fill(database)
    database.settle()
    shutil.copytree(folder / "open", folder / "left")
    said = tables(database)
    database.close()
    return Store(folder / "left", key, said)


def fill(database: Database) -> None:
    """Conversations, receipts and prefixes; the last thing that is written is no latch."""
    chats, prefixes = Conversations(database), Prefixes(database)
    receipts, ledger = Receipts(database), Ledger(database)
    for number in (*LATCHED, *range(0, CHATS, 2)):
        name = f"chat{number}"
        chats.create(id=name)
        one = replace(receipt(attempt(bytes_sent=10)), id=f"r{number}", conversation=name)
        receipts.add(one)
        ledger.record(one)
        chats.append(name, history(number))
        prefixes.remember(name, history(number))
        if number in LATCHED:
            chats.latch(name, "It held personal data.", 1)


def harmed(kind: str, path: Path, chance: random.Random) -> bool:
    """Damage one file; whether anything of it has changed."""
    file = path.with_name("e.db-wal") if kind.startswith("log") else path
    before = file.read_bytes()
    data, at = bytearray(before), chance.randrange(len(before))
    match kind.removeprefix("log "):
        case "header":
            at = chance.randrange(100)
            data[at : at + 8] = chance.randbytes(8)
        case "page":
            start = at // PAGE * PAGE
            data[start : start + PAGE] = bytes([chance.randrange(256)]) * PAGE
        case "cut":
            del data[at:]
        case "zeros":
            length = len(data[at : at + 3000])
            data[at : at + length] = bytes(length)
        case "garbage":
            length = len(data[at : at + chance.randrange(1, 600)])
            data[at : at + length] = chance.randbytes(length)
    file.write_bytes(data)
    return bytes(data) != before


def loose(database: Database) -> Iterator[str]:
    """The latched conversations with which a request would go on as if nothing held it here."""
    sessions = Sessions(
        Conversations(database),
        Prefixes(database),
        PrivacyMode.AUTO,
        lost=HistoryLoss(database).sentence,
    )
    for number in LATCHED:
        more = (*history(number), user("And what else?"))
        for asked in (
            ChatRequest((user("And what else?"),), conversation=f"chat{number}"),
            ChatRequest(more, front_door="http"),
        ):
            with suppress(StoreError):  # a record that cannot be read counts as latched
                if not sessions.peek(asked).latched:
                    yield f"chat{number}"


def told(database: Database) -> bool:
    """Whether every front door says that something is lost, or that nothing can be read."""
    try:
        return bool(HistoryLoss(database).sentence())
    except StoreError:
        return True


@pytest.mark.parametrize("kind", HARMS)
def test_no_latch_is_lost_and_the_user_is_told(store: Store, tmp_path: Path, kind: str) -> None:
    """Where a row says something else than before, it is said."""
    for number in range(STORES):
        chance = random.Random(f"{kind} {number}")
        path = store.copy(tmp_path / str(number))
        if not harmed(kind, path, chance):
            continue
        with closing(Database(path, store.key)) as database:
            assert not list(loose(database)), number
            assert told(database) or tables(database) == store.tables, number
        shutil.rmtree(path.parent)


def test_a_flipped_bit_in_a_latch_is_noticed(tmp_path: Path) -> None:
    """One bit of a row of a plain file, all of whose pages are well formed."""
    path = tmp_path / "data" / "e.db"
    with closing(Database(path)) as database:
        fill(database)
        database.flush()
        tables_page = "SELECT rootpage FROM sqlite_master WHERE name = 'conversations'"
        root = int(database.read(tables_page)[0]["rootpage"])
    data = bytearray(path.read_bytes())
    start = (root - 1) * PAGE
    row = data.index(b"chat3", start, start + PAGE)
    mode = data.index(b"auto", row, start + PAGE)
    data[mode : mode + 4] = b"mask"
    path.write_bytes(data)
    with closing(Database(path)) as database:
        assert told(database)
        assert not list(loose(database))


@pytest.mark.parametrize("file", ["e.db", "e.db-wal"])
def test_one_flipped_bit_anywhere(store: Store, tmp_path: Path, file: str) -> None:
    """In an encrypted store whatever reads otherwise is said. In a plain one a letter of what was
    said may change unnoticed, but no latch, and no receipt that `receipts verify` calls whole.
    """
    for number in range(BITS):
        chance = random.Random(f"bit {file} {number}")
        path = store.copy(tmp_path / str(number))
        data = bytearray(path.with_name(file).read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.with_name(file).write_bytes(data)
        with closing(Database(path, store.key)) as database:
            assert not list(loose(database)), number
            if not told(database):
                now = tables(database)
                changed = {name for name in now if now[name] != store.tables[name]}
                assert not changed or store.key is None, (number, changed)
                assert not changed & {"conversations", "prefixes"}, (number, changed)
                if "receipts" in changed:
                    assert Receipts(database).verify().broken, number
        shutil.rmtree(path.parent)


def test_a_store_that_is_whole_is_no_loss(store: Store, tmp_path: Path) -> None:
    """What a killed process left behind is read as it was."""
    with closing(Database(store.copy(tmp_path / "copy"), store.key)) as database:
        assert not told(database)
        assert tables(database) == store.tables
        assert not list(loose(database))
