"""The terminal that the chat app runs in: where it is drawn, and what happens when it must end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread, current_thread, main_thread
from typing import Final

_SECONDS: Final = 2.0


def needs_lines(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether plain mode is right without being asked for."""
    return (
        bool(environment.get("ACCESSIBLE"))
        or environment.get("TERM", "") in {"", "dumb"}
        or not terminal
    )


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


@contextmanager
def drawn_on_terminal() -> Iterator[None]:
    """Draw on stdout where stderr, on which Textual draws, is redirected: ``edgeroute 2>log``."""
    kept = sys.__stderr__
    if kept is not None and not kept.isatty():
        sys.__stderr__ = sys.__stdout__  # type: ignore[misc]
    try:
        yield
    finally:
        sys.__stderr__ = kept  # type: ignore[misc]


def ended_by(end: Callable[[int], object]) -> None:
    """Have a SIGTERM call ``end`` with its exit code, so that the terminal is left as it was found.

    To be called on the running event loop; signals reach the main thread alone.
    """
    if current_thread() is main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end, 128 + signal.SIGTERM)


def _watch(over: Event, seconds: float) -> None:
    while not over.wait(seconds):
        if not os.isatty(sys.__stdin__.fileno() if sys.__stdin__ else 0):
            # What was answered is stored already, and nobody is left to be told anything.
            os._exit(128 + signal.SIGHUP)
