"""A keyring in memory, with the faults that real ones have."""

from __future__ import annotations


class Fake:
    """Stores one text per service and user name."""

    def __init__(self, *, forgets: bool = False, fails: bool = False) -> None:
        self.items: dict[tuple[str, str], str] = {}
        self.reads = 0
        self._forgets = forgets
        self._fails = fails

    def get_password(self, service: str, username: str) -> str | None:
        """The text, or None."""
        self.reads += 1
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store the text."""
        if self._fails:
            raise OSError(f"cannot store {password}")
        if not self._forgets:
            self.items[service, username] = password
