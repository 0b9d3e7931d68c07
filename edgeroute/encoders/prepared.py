"""What is made once of a model's files, and kept beside them.

Weights are unpacked, rounded and laid out for this processor once; every later start maps the
result, which all programs of a machine then share. It is found by the size, the time and the place
of the files that it was made of, so that a changed model is read, and checked, anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from edgeroute.core.private_file import make_private_folder
from edgeroute.encoders.onnx_runtime import onnx_runtime

_FORM: Final = "2"  # to be raised when what is kept changes
_NAME: Final = ".prepared-"
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_DAY_SECONDS: Final = 24 * 3600
_PROCESSOR: Final = ("vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU ")


class Prepared:
    """What is kept of the ``files`` in ``folder``, in folders by their names."""

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        told = [_FORM, onnx_runtime().__version__, _processor()]
        for name in files:
            try:
                status = (folder / name).stat()
            except OSError:
                told.append("missing")
            else:
                told.append(f"{status.st_size} {status.st_mtime_ns} {status.st_ino}")
        key = hashlib.blake2b("\n".join(told).encode(), digest_size=8).hexdigest()
        self._path = folder / f"{_NAME}{key}"

    @property
    def begun(self) -> bool:
        """Whether something was made of these very files, so that they were found right before."""
        return _is_own(self._path)

    def get(self, name: str, make: Callable[[Path], object]) -> Path | None:
        """The folder ``name``, filled by ``make`` where it is not there yet; None where nothing can
        be kept.
        """
        kept = self._path / name
        if self.begun and _is_own(kept):
            return kept
        draft = None
        try:
            make_private_folder(self._path)
            draft = Path(tempfile.mkdtemp(dir=self._path))
            make(draft)
            draft.rename(kept)
        except OSError:  # no room, no right to write, or another process was first
            if draft is not None:
                shutil.rmtree(draft, ignore_errors=True)
        self._tidy()
        return kept if self.begun and _is_own(kept) else None

    def drop(self, name: str) -> None:
        """Forget the folder ``name``."""
        shutil.rmtree(self._path / name, ignore_errors=True)

    def _tidy(self) -> None:
        """Remove what was made of other files, or for another processor."""
        for other in self._path.parent.glob(f"{_NAME}*"):
            if other != self._path and _is_old(other):
                shutil.rmtree(other, ignore_errors=True)


def remove(folder: Path) -> None:
    """Remove all that was made of files in ``folder``."""
    for kept in folder.glob(f"{_NAME}*"):
        shutil.rmtree(kept, ignore_errors=True)


def _is_own(folder: Path) -> bool:
    """Whether nobody else can have changed ``folder``."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    mine = status.st_uid in {os.geteuid(), 0} and not status.st_mode & _WRITABLE_BY_OTHERS
    return stat.S_ISDIR(status.st_mode) and mine


def _is_old(folder: Path) -> bool:
    try:
        return time.time() - folder.lstat().st_mtime > _DAY_SECONDS
    except OSError:
        return False


def _processor() -> str:
    """What tells this processor, for which weights are laid out, from others."""
    if sys.platform != "linux":
        return " ".join(os.uname())
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            first = file.read(8192).partition("\n\n")[0]
    except OSError:
        return " ".join(os.uname())
    return "\n".join(line for line in first.splitlines() if line.startswith(_PROCESSOR))
