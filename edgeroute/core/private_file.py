"""Files and folders that only their owner can read: 0600 and 0700 whatever the umask."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
OTHERS: Final = 0o077


def make_private_folder(folder: Path) -> None:
    """Make ``folder`` and what is missing above it, each for its owner alone.

    A folder that is there stays as it is.

    Raises:
        OSError: it cannot be made, or something else is in its place.
    """
    for one in reversed([folder, *folder.parents]):
        if one.is_dir():
            continue
        try:
            one.mkdir(FOLDER_MODE)
            one.chmod(FOLDER_MODE)  # a umask may have taken the owner's own bits
        except FileExistsError:
            # Another process may make the same folder at the same moment.
            if not one.is_dir():
                raise


def close_folder(folder: Path) -> None:
    """Take everybody else's access to ``folder`` away where it is a folder of this user."""
    with suppress(OSError):
        status = folder.lstat()
        own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
        if own and stat.S_IMODE(status.st_mode) & OTHERS:
            folder.chmod(FOLDER_MODE)


def write_private(path: Path, content: bytes) -> None:
    """Make ``content`` the whole of ``path``: after a crash there is the old file or the new one.

    A missing folder is made. A link in the place of ``path`` is replaced, not followed.

    Raises:
        OSError: it cannot be written; its old content stays.
    """
    make_private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), FILE_MODE)  # a umask may have taken the owner's own bits
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_new(path: Path, text: str) -> Path:
    """Write ``text`` to a file that does not exist yet and that only its owner can read.

    Raises:
        OSError: there is one, or it cannot be written.
    """
    target = path.expanduser().absolute()
    target.touch(FILE_MODE, exist_ok=False)
    target.write_text(text, "utf-8")
    return target


def sync_folder(folder: Path) -> None:
    """Make the folder's own entries (names, renames) durable.

    Raises:
        OSError: it cannot be done, though its file system knows how to.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)
