"""A small private file that several processes read and one of them changes now and then."""

from __future__ import annotations

from pathlib import Path

from edgeroute.core.errors import StoreError
from edgeroute.core.private_file import write_private


class KeptFile:
    """The file at ``path``; ``what`` names its content in errors, such as "Your privacy lists"."""

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self._what = what
        self._stamp: tuple[int, int, int] | None = None

    @property
    def exists(self) -> bool:
        """Whether there was a file at the last look."""
        return self._stamp is not None

    def changed(self) -> bool:
        """Whether the file is not the one that was there at the last look.

        Raises:
            StoreError: it cannot be looked at.
        """
        try:
            stamp = self._look()
        except OSError as error:
            message = f"{self._what} cannot be read ({error.strerror})."
            raise StoreError(message, f"Check {self.path}.") from error
        before, self._stamp = self._stamp, stamp
        return stamp != before

    def forget(self) -> None:
        """Let the next look find a change: what was read could not be used."""
        self._stamp = (0, 0, 0)

    def write(self, content: bytes) -> None:
        """Make ``content`` the whole file: there is always one whole file.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            write_private(self.path, content)
            self._stamp = self._look()
        except OSError as error:
            self.forget()
            message = f"{self._what} cannot be written ({error.strerror})."
            raise StoreError(message, f"Check the folder {self.path.parent}.") from error

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
