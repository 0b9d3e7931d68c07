"""Free memory goes back to the system, where the C library can do that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from edgeroute.core import heap

PROGRAM = """
import threading
from ctypes import CDLL
from edgeroute.core import heap

def fill():
    kept.append([bytes(5_000) for _ in range(200)])
    ready.wait()

heap.share()
kept, ready = [], threading.Barrier(9)
threads = [threading.Thread(target=fill) for _ in range(8)]
[thread.start() for thread in threads]
ready.wait()
[thread.join() for thread in threads]
CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the heaps of Linux")
def test_many_threads_share_two_heaps() -> None:
    """Eight busy threads do not each hold memory of their own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    assert 1 <= done.stderr.count("Arena ") <= 2


@pytest.mark.parametrize("call", [heap.share, heap.give_back])
def test_a_system_without_such_heaps_is_left_alone(
    call: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the C library has no such functions, nothing happens."""
    monkeypatch.setattr("edgeroute.core.heap.ctypes.CDLL", lambda _: object())
    call()
