"""Whether commits in a write-ahead log were lost, which SQLite drops without a word.

SQLite reads the log up to the first frame whose checksum is wrong. That is right for what a killed
program left unfinished: frames behind its last commit, and at most one torn commit at their end.
Commits behind a wrong frame are damage. The format: sqlite.org/fileformat2.html#walformat.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}
_SALTS: Final = slice(16, 24)
_SHARED_SALTS: Final = slice(32, 40)
_MAX_FRAME: Final = slice(16, 20)
_MASK: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class LogState:
    """The log as it lies there: ``commits`` are the numbers of the frames that end a commit.

    ``readable`` is false where its header is damaged, so that SQLite takes it for empty.
    """

    salts: bytes = b""
    commits: tuple[int, ...] = ()
    readable: bool = True

    def lost_commits(self, shared: Path) -> bool:
        """Whether SQLite, which has opened it since and left its index in ``shared``, dropped some.

        False where that cannot be told, since another process has begun a new log meanwhile.
        """
        if not self.readable:
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
        return any(number > last for number in self.commits[:-1])


def read_log(path: Path) -> LogState:
    """The state of the log at ``path``, before anybody opens its database.

    Raises:
        OSError: it cannot be read.
    """
    if not path.exists():
        return LogState()
    with path.open("rb") as file:
        header = file.read(_HEADER)
        if len(header) < _HEADER:
            return LogState()
        order = _MAGIC.get(int.from_bytes(header[:4], "big"))
        if order is None or _checksum(header[:24], order) != struct.unpack(">2I", header[24:]):
            return LogState(readable=False)
        step = int.from_bytes(header[8:12], "big") + _FRAME_HEADER
        commits = []
        number = 1
        while len(frame := file.read(_FRAME_HEADER)) == _FRAME_HEADER:
            if frame[8:16] == header[_SALTS] and any(frame[4:8]):
                commits.append(number)
            file.seek(_HEADER + number * step)
            number += 1
    return LogState(header[_SALTS], tuple(commits))


def _checksum(content: bytes, order: str) -> tuple[int, int]:
    first = second = 0
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _MASK
        second = (second + odd + first) & _MASK
    return first, second
