"""Whether commits in a write-ahead log were lost, which SQLite drops without a word.

SQLite reads the log up to the first frame whose checksum is wrong. That is right for what a killed
program left unfinished: frames behind its last commit, and at most one torn commit at their end.
Commits behind a wrong frame are damage. The format: sqlite.org/fileformat2.html#walformat.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}
_SALTS: Final = slice(16, 24)
_SHARED_SALTS: Final = slice(32, 40)
_MAX_FRAME: Final = slice(16, 20)
_INDEX_HEADER: Final = 48  # twice, then how much of the log is in the file
_MASK: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class LogState:
    """The log as it lies there: ``commits`` are the numbers of the frames that end a commit.

    ``readable`` is false where its header is damaged, so that SQLite takes it for empty. ``cut``
    says that its end is gone: its index, which outlives a killed program, knows of more frames;
    ``known`` are those that it had committed.
    """

    salts: bytes = b""
    commits: tuple[int, ...] = ()
    readable: bool = True
    cut: bool = False
    known: int = 0

    def lost_commits(self, shared: Path) -> bool:
        """Whether SQLite, which has opened it since and left its index in ``shared``, dropped some.

        False where that cannot be told, since another process has begun a new log meanwhile.
        """
        if not self.readable or self.cut:
            return True
        if not self.commits:
            return False
        try:
            with shared.open("rb") as file:
                index = file.read(_HEADER + _FRAME_HEADER)
        except OSError:
            return False
        if index[_SHARED_SALTS] != self.salts:
            return False
        (last,) = struct.unpack("=I", index[_MAX_FRAME])
        return self.known > last or any(number > last for number in self.commits[:-1])


def read_log(path: Path, shared: Path) -> LogState:
    """The state of the log at ``path`` with its index in ``shared``, before anybody opens its
    database.

    Raises:
        OSError: it cannot be read.
    """
    index = _read_index(shared)  # before the log, which is never behind it
    found = _read(path, index)
    # Another process may have begun a new log meanwhile.
    return replace(found, cut=found.cut and _read_index(shared) == index)


def _read(path: Path, index: _Index) -> LogState:
    if not path.exists():
        return LogState(cut=index.only_in_log)
    with path.open("rb") as file:
        header = file.read(_HEADER)
        if len(header) < _HEADER:
            return LogState(cut=index.only_in_log)
        order = _MAGIC.get(int.from_bytes(header[:4], "big"))
        if order is None or _checksum(header[:24], order) != struct.unpack(">2I", header[24:]):
            return LogState(readable=False)
        step = int.from_bytes(header[8:12], "big") + _FRAME_HEADER
        whole = (path.stat().st_size - _HEADER) // step
        commits = []
        number = 1
        while len(frame := file.read(_FRAME_HEADER)) == _FRAME_HEADER:
            if frame[8:16] == header[_SALTS] and any(frame[4:8]):
                commits.append(number)
            file.seek(_HEADER + number * step)
            number += 1
    known = index.frames if index.salts == header[_SALTS] else 0
    return LogState(header[_SALTS], tuple(commits), cut=known > whole, known=known)


class _Index(NamedTuple):
    """What the index of a log says of it: how many frames it has, and how many of them are in the
    database file too.
    """

    salts: bytes = b""
    frames: int = 0
    moved: int = 0

    @property
    def only_in_log(self) -> bool:
        return self.frames > self.moved


def _read_index(shared: Path) -> _Index:
    try:
        with shared.open("rb") as file:
            index = file.read(2 * _INDEX_HEADER + 4)
    except OSError:
        return _Index()
    first, second = index[:_INDEX_HEADER], index[_INDEX_HEADER : 2 * _INDEX_HEADER]
    if len(index) < 2 * _INDEX_HEADER + 4 or first != second:
        return _Index()
    (frames,) = struct.unpack("=I", first[_MAX_FRAME])
    (moved,) = struct.unpack("=I", index[2 * _INDEX_HEADER :])
    return _Index(first[_SHARED_SALTS], frames, moved)


def _checksum(content: bytes, order: str) -> tuple[int, int]:
    first = second = 0
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _MASK
        second = (second + odd + first) & _MASK
    return first, second
