"""A power failure at any moment: what was promised is there, and what is there fits together.

The files are what a disk may hold then: a log of which any part of the end is missing or torn, no
index of it, and pages of the file of which some were written and some were not.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from edgeroute.core.messages import user
from edgeroute.core.secret import Secret
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.chats.history_loss import HistoryLoss
from edgeroute.store.database.database import Database

PAGE: Final = 4096
FRAME: Final = PAGE + 24
HEAD: Final = 32
KEYS: Final = {"plain": None, "encrypted": Secret("5e" * 32)}


@pytest.fixture(params=[*KEYS.values()], ids=[*KEYS])
def key(request: pytest.FixtureRequest) -> Secret | None:
    """Without a key, and with one."""
    found: Secret | None = request.param
    return found


def write(database: Database, rounds: int) -> None:
    """Turns of one conversation, after one that is latched."""
    chats = Conversations(database)
    for name in ("private", "open"):
        chats.create(id=name)
    chats.latch("private", "It held personal data.", 1)
    for number in range(rounds):
        chats.append("open", [user(f"Number {number}. " * 60)])


def left(source: Path, target: Path) -> Path:
    """The database as a power failure leaves it: without the index of its log."""
    target.mkdir(mode=0o700)
    for file in source.parent.glob(source.name + "*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, target / file.name)
    return target / source.name


def numbers(database: Database) -> list[int]:
    """Which turns are there."""
    rows = database.read("SELECT text FROM turns ORDER BY id")
    return [int(str(row["text"]).split()[1].rstrip(".")) for row in rows]


def ends(size: int) -> Iterator[int]:
    """Every end of a log of this ``size``: between frames, and in the middle of one."""
    for frame in range((size - HEAD) // FRAME + 1):
        start = HEAD + frame * FRAME
        yield from (start, start + 24, start + FRAME // 2)
    yield 0


def test_the_end_of_the_log_may_be_missing(tmp_path: Path, key: Secret | None) -> None:
    """Wherever it ends, the latch is there, and of the turns the first so many."""
    database = Database(tmp_path / "data" / "e.db", key)
    write(database, 12)
    log = database.path.with_name("e.db-wal")
    kept = set()
    for number, end in enumerate(ends(log.stat().st_size)):
        path = left(database.path, tmp_path / str(number))
        cut = path.with_name(log.name)
        cut.write_bytes(cut.read_bytes()[:end])
        with closing(Database(path, key)) as found:
            known = Conversations(found).get("private")
            assert known is not None
            assert known.latched
            assert numbers(found) == list(range(len(numbers(found))))
            kept.add(len(numbers(found)))
            assert found.check()
    database.close()
    assert kept == set(range(13))


def test_the_last_frames_may_be_torn(tmp_path: Path, key: Secret | None) -> None:
    """Frames that were written in another order, or in part: all before them is there."""
    database = Database(tmp_path / "data" / "e.db", key)
    write(database, 12)
    log = database.path.with_name("e.db-wal")
    frames = (log.stat().st_size - HEAD) // FRAME
    for number in range(12):
        chance = random.Random(number)
        path = left(database.path, tmp_path / str(number))
        torn = path.with_name(log.name)
        data = bytearray(torn.read_bytes())
        start = HEAD + chance.randrange(frames) * FRAME + 512 * chance.randrange(8)
        data[start : start + 512] = bytes(512)
        torn.write_bytes(data)
        with closing(Database(path, key)) as found:
            known = Conversations(found).get("private")
            assert known is not None
            assert known.latched
            there = numbers(found)
            assert there == list(range(len(there)))
            assert len(there) >= 12 - 2 or HistoryLoss(found).sentence()
    database.close()


def test_moving_the_log_into_the_file_may_break_off(tmp_path: Path, key: Secret | None) -> None:
    """Some pages of the file are new, some old and one is half of each: nothing is missing."""
    database = Database(tmp_path / "data" / "e.db", key)
    write(database, 12)
    database.settle()
    before = left(database.path, tmp_path / "before")
    database.flush()
    new = database.path.read_bytes()
    database.close()
    old = before.read_bytes()
    old += bytes(len(new) - len(old))
    for number in range(12):
        chance = random.Random(number)
        path = left(before, tmp_path / str(number))
        pages = [
            chance.choice((old, new))[start : start + PAGE] for start in range(0, len(new), PAGE)
        ]
        torn = chance.randrange(len(pages))
        half = torn * PAGE + PAGE // 2
        pages[torn] = new[torn * PAGE : half] + old[half : (torn + 1) * PAGE]
        path.write_bytes(b"".join(pages))
        with closing(Database(path, key)) as found:
            assert numbers(found) == list(range(12))
            assert not HistoryLoss(found).sentence()
