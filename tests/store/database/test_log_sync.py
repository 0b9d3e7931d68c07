"""What was committed reaches the disk a moment later."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from edgeroute.store.database.database import Database
from edgeroute.store.database.log_sync import SECONDS, LogSync


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """The inode of every file that was synced, and when."""
    seen: list[tuple[int, float]] = []
    real = os.fsync

    def sync(descriptor: int) -> None:
        seen.append((os.fstat(descriptor).st_ino, time.monotonic()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    return seen


def _waited_for(seen: list[tuple[int, float]], inode: int) -> float:
    for _ in range(400):
        if times := [when for number, when in seen if number == inode]:
            return times[0]
        time.sleep(0.01)
    raise AssertionError("it was never synced")


def test_a_commit_is_on_the_disk_within_its_time(
    tmp_path: Path, synced: list[tuple[int, float]]
) -> None:
    """The log is synced by itself once something was committed, many commits in one go."""
    database = Database.open(tmp_path / "edgeroute.db", None)
    database.kept("ready")
    log = (tmp_path / "edgeroute.db-wal").stat().st_ino
    _waited_for(synced, log)
    time.sleep(2 * SECONDS)
    synced.clear()
    began = time.monotonic()
    for number in range(20):
        database.kept(f"name {number}")
    assert _waited_for(synced, log) - began < 5  # idle machines need 0.1 s, busy ones more
    assert sum(number == log for number, _ in synced) < 20
    database.close()


def test_settling_syncs_at_once(tmp_path: Path, synced: list[tuple[int, float]]) -> None:
    """Whoever must not lose anything waits for the disk; the log's name is synced with it."""
    database = Database.open(tmp_path / "edgeroute.db", None)
    database.kept("ready")
    database.settle()
    numbers = {number for number, _ in synced}
    assert {(tmp_path / "edgeroute.db-wal").stat().st_ino, tmp_path.stat().st_ino} <= numbers
    database.close()


def test_closing_ends_the_thread(tmp_path: Path) -> None:
    """However often it is opened and closed, no thread is left, and no close hangs."""
    before = set(threading.enumerate())
    for number in range(30):
        log = LogSync(tmp_path / "missing")
        for _ in range(number % 3):
            log.changed()
        log.close()
        log.changed()
        log.close()
    begun = set(threading.enumerate()) - before
    assert not [one for one in begun if one.name == "log"]
