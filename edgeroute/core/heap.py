"""The heap of a process that runs for long: what is free in it goes back to the system.

The C library of Linux gives every thread a heap of its own, and keeps what was freed in each for
that thread. A server with a dozen threads holds tens of megabytes so that no thread uses.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Any, Final

_ARENA_MAX: Final = -8  # M_ARENA_MAX of malloc.h
_HEAPS: Final = 2


def share() -> None:
    """Have all threads share two heaps; to be called before there are many threads."""
    _call("mallopt", _ARENA_MAX, _HEAPS)


def give_back() -> None:
    """Give free memory back; takes some milliseconds, and is for when much was loaded."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: Any) -> None:
    """Call a function of the C library; nothing where it has none of that name."""
    with suppress(AttributeError, OSError, TypeError):
        getattr(ctypes.CDLL(None), name)(*arguments)
