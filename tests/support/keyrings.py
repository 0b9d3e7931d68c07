"""A keyring in memory, with the faults that real ones have."""

from __future__ import annotations

from edgeroute.core.errors import KeyringUnavailable
from edgeroute.core.secret import Secret


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


class KeyMemory:
    """Keys in memory; ``locked`` makes every look at them fail."""

    def __init__(self) -> None:
        self.keys: dict[str, Secret] = {}
        self.locked = False

    def _look(self) -> dict[str, Secret]:
        if self.locked:
            raise KeyringUnavailable("The keyring is locked.", "Unlock it.")
        return self.keys

    def get(self, provider: str, variable: str = "") -> Secret | None:
        """The key, if there is one."""
        return self._look().get(provider)

    def source(self, provider: str, variable: str = "") -> str:
        """Where it comes from."""
        return "keyring" if provider in self._look() else ""

    def set(self, provider: str, key: Secret) -> None:
        """Keep one."""
        self._look()[provider] = key

    def delete(self, provider: str) -> bool:
        """Remove one."""
        return self._look().pop(provider, None) is not None

    def providers(self) -> list[str]:
        """Who has one."""
        return sorted(self._look())
