"""Files and folders that only their owner can read: 0600 and 0700 whatever the umask."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

FOLDER_MODE: Final = 0o700
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
