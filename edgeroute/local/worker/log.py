"""Where llama.cpp's words go: a file of the user alone that holds no prompts and stays small."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from edgeroute.core.log import install

_MAX_BYTES: Final = 1024 * 1024
_STANDARD_ERROR: Final = 2


def redirect(path: Path) -> None:
    """Write standard output and standard error to ``path`` from now on, C code's included."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    log = os.open(path, flags, 0o600)
    os.fchmod(log, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, _STANDARD_ERROR)
    os.close(nothing)
    os.close(log)
    install()
    trim()


def trim() -> None:
    """Begin the file anew once it has grown too large."""
    status = os.fstat(_STANDARD_ERROR)
    if stat.S_ISREG(status.st_mode) and status.st_size > _MAX_BYTES:
        os.ftruncate(_STANDARD_ERROR, 0)
