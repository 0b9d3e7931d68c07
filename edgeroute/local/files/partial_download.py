"""An unfinished download on disk."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path

from edgeroute.core.errors import LocalModelError
from edgeroute.core.private_file import make_private_folder, sync_folder
from edgeroute.local.files.catalogue import PinnedFile
from edgeroute.local.files.checks import BLOCK_BYTES, part_path, require_private


class PartFile:
    """An unfinished download: always a prefix of the file, whoever delivered the pieces.

    One process writes it at a time. The hash grows with the bytes.
    """

    def __init__(self, target: Path) -> None:
        """Open what is there of ``target``, or begin.

        Raises:
            LocalModelError: another process is downloading it, or the place is not safe.
        """
        self.target = target
        self.path = part_path(target)
        make_private_folder(target.parent)
        require_private(target.parent, target.parent.stat())
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise LocalModelError(
                f"{self.path} cannot be written: {error.strerror}.",
                "Check the folder, or set EDGEROUTE_MODELS to another.",
            ) from error
        self._file = os.fdopen(handle, "r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise LocalModelError(
                f"{target.name} is being downloaded by another EdgeRoute already.",
                "Wait for it to end.",
            ) from error
        self.size = 0
        self._digest = hashlib.sha256()
        try:
            require_private(self.path, os.fstat(self._file.fileno()))
            self._rehash(self._file.seek(0, os.SEEK_END))
        except BaseException:
            self._file.close()
            raise

    def _rehash(self, size: int) -> None:
        """Take the first ``size`` bytes as what is there."""
        self._file.truncate(size)
        self._file.seek(0)
        self._digest = hashlib.sha256()
        self.size = 0
        while self.size < size and (block := self._file.read(min(BLOCK_BYTES, size - self.size))):
            self._digest.update(block)
            self.size += len(block)

    def cut(self, size: int) -> None:
        """Keep only the first ``size`` bytes."""
        if size < self.size:
            self._rehash(size)

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) or 0 :]
        self._digest.update(data)
        self.size += len(data)

    def finish(self, pinned: PinnedFile) -> bool:
        """Put the file in its place in one step; false, with nothing kept, if it is another."""
        right = self.size == pinned.bytes and self._digest.hexdigest() == pinned.sha256
        if not right:
            self.path.unlink(missing_ok=True)
            self.close()
            return False
        os.fchmod(self._file.fileno(), 0o600)
        os.fsync(self._file.fileno())
        self.path.replace(self.target)
        sync_folder(self.target.parent)
        self.close()
        return True

    def close(self) -> None:
        """Let go of the file; what is there stays for the next time."""
        if not self._file.closed and self.size == 0:
            self.path.unlink(missing_ok=True)
        self._file.close()
