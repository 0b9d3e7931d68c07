"""The endpoint's token: 32 random bytes in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.private_file import write_private
from edgeroute.core.secret import Secret

FILE_NAME: Final = "endpoint-token"
_PREFIX: Final = "edgeroute-"
_LIMIT: Final = 200


def token_path(state: Path) -> Path:
    """Where the token is, given the state folder."""
    return state / FILE_NAME


def read_or_make(path: Path) -> Secret:
    """The token in ``path``, made on first use.

    Raises:
        EdgeRouteError: the file is not ours alone, holds no token, or cannot be written.
    """
    try:
        return read(path)
    except FileNotFoundError:
        return rotate(path)


def rotate(path: Path) -> Secret:
    """Put a fresh token into ``path``; the old one is worth nothing to a server started later.

    Raises:
        EdgeRouteError: it cannot be written.
    """
    token = _PREFIX + secrets.token_urlsafe(32)
    try:
        write_private(path, f"{token}\n".encode("ascii"))
    except OSError as error:
        raise EdgeRouteError(
            f"The endpoint's token cannot be written to {path} ({error.strerror}).",
            "Check the folder's permissions and free space.",
        ) from error
    return Secret(token)


def read(path: Path) -> Secret:
    """The token in ``path``.

    Raises:
        FileNotFoundError: there is no such file.
        EdgeRouteError: the file is not ours alone, or holds no token.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
            status = os.fstat(file.fileno())
            token = file.read(_LIMIT).strip()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unfit(path, f"cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
        raise _unfit(path, "is not a file of your own")
    if status.st_mode & 0o077:
        raise _unfit(path, "can be read by other users")
    if len(token) < len(_PREFIX) + 43 or not token.startswith(_PREFIX):
        raise _unfit(path, "holds no token")
    return Secret(token)


def _unfit(path: Path, what: str) -> EdgeRouteError:
    return EdgeRouteError(
        f"The endpoint's token file {path} {what}.", "Delete it; a fresh one is made."
    )
