"""The terminal that the chat app runs in, and what happens when it goes away."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

_SECONDS: Final = 2.0


@contextmanager
def ending_with_terminal(seconds: float = _SECONDS) -> Iterator[None]:
    """End the process when its terminal is gone, looking every so many ``seconds``.

    A window that closes sends a signal, but not to a process that was detached from it or told to
    ignore it: such an app would read nothing, for ever, as fast as it can. The look is taken in a
    thread of its own, since drawing blocks once nobody takes what is drawn.
    """
    over = Event()
    watcher = Thread(target=_watch, args=(over, seconds), name="terminal-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()


def _watch(over: Event, seconds: float) -> None:
    while not over.wait(seconds):
        if not os.isatty(sys.__stdin__.fileno() if sys.__stdin__ else 0):
            # What was answered is stored already, and nobody is left to be told anything.
            os._exit(128 + signal.SIGHUP)
