"""Puts what was committed on the disk a moment later, once for all that came meanwhile.

A commit with ``synchronous = NORMAL`` hands its pages to the operating system: killing the process
loses nothing, losing power may lose what is younger than ``SECONDS``. A sync inside each commit
would cost every answer some milliseconds.
"""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

SECONDS: Final = 0.1
_AT_ONCE: Final = SECONDS / 2  # leaves the disk as long for its part
_FULL_SYNC: Final = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: fsync stops at the drive's cache


class LogSync:
    """Syncs the write-ahead log at ``path`` soon after ``changed``, in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._known = 0  # the log whose name is in its folder for good

    def changed(self) -> None:
        """Something was committed."""
        if not self._changed.is_set():  # it is cleared before what is there by then is synced
            self._changed.set()
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._ended.clear()
                    self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                    self._thread.start()

    def now(self) -> None:
        """Sync at once. What the disk refuses is tried again with the next commit."""
        self._changed.clear()
        with suppress(OSError):
            log = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                _sync(log)
                number = os.fstat(log).st_ino
            finally:
                os.close(log)
            if number != self._known:
                self._sync_folder()
                self._known = number

    def close(self) -> None:
        """Sync what is open and end the thread; ``changed`` begins anew."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._ended.set()
            self._changed.set()
            thread.join()
            self.now()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._changed.wait()
            if self._ended.wait(_AT_ONCE):
                return
            self.now()

    def _sync_folder(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sync(descriptor: int) -> None:
    if _FULL_SYNC is not None:
        fcntl.fcntl(descriptor, _FULL_SYNC)
    else:
        os.fsync(descriptor)
