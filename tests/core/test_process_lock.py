"""A lock that one process holds, and others ask about."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeroute.core import process_lock
from edgeroute.core.process_lock import Holder

HOLDER = """
import sys, time
from edgeroute.core import process_lock
with open(sys.argv[1], "a+b") as lock:
    print(process_lock.take(lock.fileno()), flush=True)
    process_lock.sign(lock.fileno())
    print("signed", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    assert process.stdout.readline() == "signed\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_nobody_holds_a_lock_that_nobody_took(tmp_path: Path) -> None:
    """Neither where there is no file, nor where a process that ended left its name in it."""
    path = tmp_path / "lock"
    assert process_lock.holder(path) is None
    path.write_text("1 old")
    assert process_lock.holder(path) is None


def test_the_holder_is_known_and_can_be_ended(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """Another process is told that the lock is taken, and by whom; a signal reaches that one."""
    path = tmp_path / "lock"
    with path.open("a+b") as lock:
        assert not process_lock.take(lock.fileno())
    found = process_lock.holder(path)
    assert found is not None
    assert found.pid == other.pid
    found.send(signal.SIGTERM)
    assert other.wait(10) == -signal.SIGTERM
    assert process_lock.holder(path) is None
    found.send(signal.SIGTERM)


def test_a_process_with_the_id_of_an_earlier_one_is_not_signalled(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    """The id alone says nothing: the process that had it when the lock was signed may be gone."""
    found = process_lock.holder(tmp_path / "lock")
    assert found is not None
    Holder(found.pid, "another time").send(signal.SIGKILL)
    Holder().send(signal.SIGKILL)
    with pytest.raises(subprocess.TimeoutExpired):
        other.wait(0.2)


def test_a_holder_that_has_not_signed_yet_has_no_name(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    """It holds the lock all the same."""
    (tmp_path / "lock").write_text("")
    assert process_lock.holder(tmp_path / "lock") == Holder()


def test_who_looks_keeps_nobody_from_taking_it(tmp_path: Path) -> None:
    """Looks from all sides, without a pause: who takes the free lock gets it all the same."""
    path, over = tmp_path / "lock", threading.Event()
    path.touch()

    def look() -> None:
        while not over.is_set():
            process_lock.holder(path)

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for one in lookers:
        one.start()
    try:
        for _ in range(100):
            with path.open("a+b") as lock:
                assert process_lock.take(lock.fileno())
                process_lock.sign(lock.fileno())
                assert (process_lock.holder(path) or Holder()).pid == os.getpid()
    finally:
        over.set()
        for one in lookers:
            one.join()
