"""Private files and folders: 0600 and 0700 whatever the umask, ours alone, never through a link."""

from __future__ import annotations

import errno
import fcntl
import os
import shlex
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from edgeroute.core import private_file
from edgeroute.core.errors import EdgeRouteError, StoreError
from edgeroute.core.private_file import FILE_MODE, FOLDER_MODE, OTHERS, make_private_folder

LOCK_SECONDS: Final = 20.0
_LOCK_POLL_SECONDS: Final = 0.02


def private_folder(path: Path) -> Path:
    """``path`` as a folder that only its owner can enter, made (with its parents) if missing.

    Raises:
        StoreError: it is a link or no folder, belongs to someone else, or others may enter it.
    """
    try:
        if not os.path.lexists(path):
            make_private_folder(path)
        status = path.lstat()
    except OSError as error:
        raise trouble(error, path, "made") from error
    if not stat.S_ISDIR(status.st_mode):
        raise StoreError(f"{path} is not a folder.", "Move it away; EdgeRoute needs its place.")
    _refuse_shared(path, status, FOLDER_MODE)
    return path


def check_private(path: Path) -> None:
    """Refuse ``path`` unless it is missing or a plain file that only its owner can read.

    Raises:
        StoreError: it is a link or no file, belongs to someone else, or others may read it.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise trouble(error, path, "read") from error
    _refuse_odd(path, status)


def open_private(path: Path, flags: int = os.O_RDWR) -> int:
    """A descriptor of ``path``, made 0600 if missing; the caller closes it.

    Raises:
        StoreError: as for ``check_private``, or it cannot be opened.
    """
    try:
        descriptor = os.open(
            path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, FILE_MODE
        )
    except OSError as error:
        raise trouble(error, path, "opened") from error
    try:
        _refuse_odd(path, os.fstat(descriptor))
        os.fchmod(descriptor, FILE_MODE)  # a umask may have taken the owner's own bits
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_private(path: Path, limit: int = 16 * 1024 * 1024) -> bytes | None:
    """The content of ``path``, or None if there is no such file.

    Raises:
        StoreError: as for ``check_private``, it cannot be read, or holds over ``limit`` bytes.
    """
    if not os.path.lexists(path):
        return None
    descriptor = open_private(path, os.O_RDONLY)
    try:
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise trouble(error, path, "read") from error
    if len(content) > limit:
        raise StoreError(f"{path} is larger than {limit} bytes.", "Move it away and try again.")
    return content


def write_private(path: Path, content: bytes) -> None:
    """Make ``content`` the whole of ``path``: after a crash there is the old file or the new one.

    A missing folder is made. A link in the place of ``path`` is refused, not followed.

    Raises:
        StoreError: ``path`` is not ours alone, or it cannot be written (its old content stays).
    """
    check_private(path)
    try:
        private_file.write_private(path, content)
    except OSError as error:
        raise trouble(error, path, "written") from error


@contextmanager
def alone(path: Path, refusal: EdgeRouteError, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold the lock file ``path``, which only one process at a time can.

    Raises:
        EdgeRouteError: ``refusal``, after waiting for ``seconds``.
    """
    descriptor = open_private(path)
    try:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise refusal from error
                time.sleep(_LOCK_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def trouble(error: OSError, path: Path, done: str) -> StoreError:
    """``error`` as a sentence: ``path`` could not be ``done``, and what helps."""
    why = error.strerror or type(error).__name__
    hints = {
        errno.ENOSPC: "The disk is full: free some space and try again.",
        errno.EDQUOT: "Your disk quota is used up: free some space and try again.",
        errno.EROFS: "The disk is read-only. Set EDGEROUTE_HOME to a folder that can be written.",
        errno.EACCES: f"Check who owns it: ls -ld {shlex.quote(str(path.parent))}",
        errno.ELOOP: "It is a link, and EdgeRoute follows none here: put a real file in its place.",
    }
    hint = hints.get(error.errno or 0, "Check the disk and the folder's permissions.")
    return StoreError(f"{path} could not be {done} ({why}).", hint)


def _refuse_odd(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        what = "a link" if stat.S_ISLNK(status.st_mode) else "not a plain file"
        raise StoreError(f"{path} is {what}.", "Put a plain file in its place, or move it away.")
    _refuse_shared(path, status, FILE_MODE)


def _refuse_shared(path: Path, status: os.stat_result, mode: int) -> None:
    quoted = shlex.quote(str(path))
    if status.st_uid != os.geteuid():
        raise StoreError(
            f"{path} belongs to another user (uid {status.st_uid}).",
            f"Run: sudo chown $(id -u) {quoted}",
        )
    if stat.S_IMODE(status.st_mode) & OTHERS:
        raise StoreError(
            f"{path} can be reached by other users of this machine.",
            f"Run: chmod {mode:o} {quoted}",
        )
