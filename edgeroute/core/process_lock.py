"""A lock file that one process holds while it works; others ask which, without disturbing it.

The holder writes its id and the time of its birth into the file: a process that has got the same id
since is another one, and nobody signals it.
"""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

_LOOKS: Final = 500
_LOOK_SECONDS: Final = 0.005


class Holder(NamedTuple):
    """The process that holds a lock; ``pid`` is 0 for a moment, until it has said who it is."""

    pid: int = 0
    birth: str = ""

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended, whoever has its id by now."""
        if not self.pid:
            return
        with suppress(ProcessLookupError):
            if sys.platform == "linux":
                process = os.pidfd_open(self.pid)
                try:
                    if _birth(self.pid) == self.birth:
                        signal.pidfd_send_signal(process, number)
                finally:
                    os.close(process)
            elif _birth(self.pid) == self.birth:
                os.kill(self.pid, number)


def take(lock: int) -> bool:
    """Hold the open file ``lock`` until it is closed; False where another process does.

    Those who only look at it are waited for, and never taken for a holder.
    """
    for _ in range(_LOOKS):
        if _locked(lock, fcntl.LOCK_EX):
            return True
        if not _locked(lock, fcntl.LOCK_SH):
            return False
        fcntl.flock(lock, fcntl.LOCK_UN)
        time.sleep(random.uniform(0, _LOOK_SECONDS))  # noqa: S311 - no secret
    return False


def sign(lock: int) -> None:
    """Write down that this process holds ``lock``."""
    pid = os.getpid()
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{pid} {_birth(pid)}".encode(), 0)


def holder(path: Path) -> Holder | None:
    """Who holds the lock file ``path``; None where nobody does."""
    with suppress(OSError), path.open("rb") as lock:
        if _locked(lock.fileno(), fcntl.LOCK_SH):
            return None
        pid, _, birth = lock.read().decode("ascii", "replace").partition(" ")
        return Holder(int(pid), birth) if pid.isdecimal() else Holder()
    return None


def _locked(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _birth(pid: int) -> str:
    """When the process began, in words of the system; empty where that cannot be told."""
    told = Path(f"/proc/{pid}/stat")
    with suppress(OSError, IndexError):
        if told.exists():
            # The name of the program, in brackets, may hold anything.
            return told.read_text("utf-8", "replace").rpartition(")")[2].split()[19]
        command = ("/bin/ps", "-o", "lstart=", "-p", str(pid))
        found = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603
        return found.stdout.strip()
    return ""
