"""Model files on disk: trusted only when they are exactly what the catalogue pins.

A full hash is taken after a download, on request, once a week, and whenever size, time or place of
the file have changed; between these a note beside the file says that it was found right.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.private_file import write_private
from edgeroute.local.files.catalogue import PinnedFile

WEEK_SECONDS: Final = 7 * 24 * 3600
BLOCK_BYTES: Final = 4 * 1024 * 1024
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH

OnBytes = Callable[[int], None]


class DamagedFile(LocalModelError):
    """A file is not what the catalogue pins: a pull replaces it."""


class _Note(msgspec.Struct, frozen=True):
    """What was true of a file when its hash was last found right. ``checked`` is Unix time."""

    sha256: str
    size: int
    mtime_ns: int
    inode: int
    checked: float


def note_path(path: Path) -> Path:
    """Where the note on ``path`` lies."""
    return path.with_name(f".{path.name}.verified")


def present(folder: Path, pinned: PinnedFile) -> bool:
    """Whether a file of the right size lies there; says nothing about its content."""
    try:
        status = (folder / pinned.file).lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == pinned.bytes


def require_trusted(
    folder: Path,
    pinned: PinnedFile,
    *,
    full: bool = False,
    now: Callable[[], float] = time.time,
    on_bytes: OnBytes = lambda _: None,
) -> Path:
    """The path of ``pinned`` once it is known to be the file that the catalogue means.

    ``full`` takes the hash even where the note is fresh; ``on_bytes`` hears how many were read.

    Raises:
        DamagedFile: it has another content.
        LocalModelError: missing, a link, or writable by others.
    """
    path = folder / pinned.file
    status = _status(path)
    require_private(path, status)
    require_private(path.parent, path.parent.stat())
    if status.st_size != pinned.bytes:
        raise _changed(path)
    note = _read_note(path)
    fresh = (
        note is not None
        and note.sha256 == pinned.sha256
        and (note.size, note.mtime_ns, note.inode)
        == (status.st_size, status.st_mtime_ns, status.st_ino)
        and 0 <= now() - note.checked < WEEK_SECONDS
    )
    if fresh and not full:
        return path
    if hash_file(path, on_bytes) != pinned.sha256:
        with contextlib.suppress(OSError):
            note_path(path).unlink()
        raise _changed(path)
    write_note(path, pinned.sha256, now())
    return path


def _status(path: Path) -> os.stat_result:
    try:
        status = path.lstat()
    except OSError as error:
        raise LocalModelError(
            f"The model file {path.name} is not there.",
            "Fetch it with `edgeroute models pull`.",
            kind=ErrorKind.UNKNOWN_MODEL,
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise LocalModelError(
            f"{path} is a link or no plain file, so it is not used.",
            "Put the file itself there, or fetch it with `edgeroute models pull`.",
        )
    return status


def require_private(path: Path, status: os.stat_result) -> None:
    """Refuse a file or folder that somebody else could change.

    Raises:
        LocalModelError: it belongs to or can be written by others.
    """
    mine = status.st_uid in {os.getuid(), 0}
    # A sticky folder such as /tmp lets nobody replace another's file.
    sticky = stat.S_ISDIR(status.st_mode) and bool(status.st_mode & stat.S_ISVTX)
    if not mine or (status.st_mode & _WRITABLE_BY_OTHERS and not sticky):
        raise LocalModelError(
            f"{path} can be changed by other users of this machine, so it is not used.",
            f"Make it yours alone: chmod go-w '{path}'",
        )


def _changed(path: Path) -> DamagedFile:
    return DamagedFile(
        f"{path.name} is not the file that EdgeRoute knows: it was damaged or changed.",
        "Fetch it again with `edgeroute models pull`.",
    )


def hash_file(path: Path, on_bytes: OnBytes = lambda _: None) -> str:
    """The SHA-256 of the file at ``path``, read without following a link."""
    digest = hashlib.sha256()
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            on_bytes(len(block))
    return digest.hexdigest()


def write_note(path: Path, sha256: str, checked: float) -> None:
    """Note that ``path`` has ``sha256``; where it cannot be written, the next use hashes again."""
    status = path.lstat()
    note = _Note(sha256, status.st_size, status.st_mtime_ns, status.st_ino, checked)
    with contextlib.suppress(OSError):
        write_private(note_path(path), msgspec.json.encode(note))


def _read_note(path: Path) -> _Note | None:
    place = note_path(path)
    try:
        status = place.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_mode & _WRITABLE_BY_OTHERS:
            return None
        return msgspec.json.decode(place.read_bytes(), type=_Note)
    except (OSError, msgspec.MsgspecError):
        return None


def remove(folder: Path, pinned: PinnedFile) -> int:
    """Delete the file, its note and what is left of a download; the number of bytes freed."""
    path = folder / pinned.file
    freed = 0
    for one in (path, part_path(path), note_path(path)):
        with contextlib.suppress(FileNotFoundError):
            freed += one.lstat().st_size
            one.unlink()
    return freed


def part_path(path: Path) -> Path:
    """Where an unfinished download of ``path`` lies."""
    return path.with_name(f"{path.name}.part")
