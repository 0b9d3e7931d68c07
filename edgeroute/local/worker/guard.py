"""What the worker may not do: reach a network or others' files, start a program, dump its core."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from edgeroute.core.crash import leave_no_image
from edgeroute.local.worker import landlock, seccomp

_OUT_OF_MEMORY_SCORE: Final = "500"
_REFUSED: Final = frozenset(
    {
        "os.exec", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn", "subprocess.Popen",
        "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo",
        "urllib.Request",
    }
)  # fmt: skip
_ADDRESSED: Final = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"})


def allowed(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether the audit ``event`` is one that hosting a model needs."""
    if event in _REFUSED:
        return False
    if event in _ADDRESSED:
        address = arguments[1] if len(arguments) > 1 else None
        # A path is a Unix socket; no address is a socket that is connected already.
        return address is None or isinstance(address, str | bytes)
    return True


def install(
    add: Callable[[Callable[[str, tuple[Any, ...]], None]], None] = sys.addaudithook,
) -> None:
    """Refuse from now on, for the life of the process, what ``allowed`` does not allow."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not allowed(event, arguments):
            raise PermissionError(f"the local model's process may not do {event}")

    add(watch)


def harden(changed: Iterable[Path] = (), read: Iterable[Path] = ()) -> None:
    """No image of the memory, first to go when memory is short, and the kernel as second guard.

    Of the user's files only those in the folders ``changed`` and ``read`` can be reached.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_OUT_OF_MEMORY_SCORE, "ascii")
    leave_no_image()
    landlock.install(changed, read)
    seccomp.install()
