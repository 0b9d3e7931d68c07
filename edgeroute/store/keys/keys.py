"""Provider keys and this program's own secrets, all in one item of the OS keyring.

One item, because macOS asks the user once for each. Nothing is read from or written to a plain
file. A key from the environment is used only where the settings allow it.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from edgeroute.core.errors import KeyringUnavailable
from edgeroute.core.secret import Secret
from edgeroute.store import files
from edgeroute.store.keys.keyring_door import KeyringDoor

SERVICE: Final = "edgeroute"
_ITEM: Final = "keys"
_VERSION: Final = 1
# Another process may set a key: what was read is believed for this long.
_FRESH_SECONDS: Final = 30.0
# Where there is no keyring, fifteen providers do not look for one fifteen times.
_FAILED_SECONDS: Final = 5.0


class Keys:
    """Keys by provider id and secrets by name. Methods may be called from any thread.

    They take up to three seconds where the keyring hangs, so code on an event loop uses
    ``asyncio.to_thread``. ``lock_file`` keeps two processes from overwriting each other's change.
    """

    def __init__(
        self,
        *,
        environment: bool = False,
        lock_file: Path | None = None,
        door: KeyringDoor | None = None,
    ) -> None:
        self._environment = environment
        self._lock_file = lock_file
        self._door = door or KeyringDoor(SERVICE, _ITEM)
        self._lock = threading.RLock()
        self._content: dict[str, dict[str, str]] | None = None
        self._read_at = 0.0
        self._failure: KeyringUnavailable | None = None

    def get(self, provider: str, variable: str = "") -> Secret | None:
        """The key of ``provider``: from the keyring, else from the environment variable
        ``variable`` where ``keys.environment`` is true, else None.

        Raises:
            KeyringUnavailable: the keyring cannot be read and the environment has no key.
        """
        try:
            key = self._read()["keys"].get(provider, "")
        except KeyringUnavailable:
            if self._from_environment(variable) is None:
                raise
            key = ""
        return Secret(key) if key else self._from_environment(variable)

    def source(self, provider: str, variable: str = "") -> str:
        """Where ``get`` finds the key: ``keyring``, ``environment`` or empty."""
        try:
            if self._read()["keys"].get(provider):
                return "keyring"
        except KeyringUnavailable:
            pass
        return "environment" if self._from_environment(variable) else ""

    def set(self, provider: str, key: Secret) -> None:
        """Store the key of ``provider`` and read it back.

        Raises:
            KeyringUnavailable: there is no keyring, it is locked, or it did not keep the key.
        """
        with self._changing() as content:
            content["keys"][provider] = key.reveal()

    def delete(self, provider: str) -> bool:
        """Remove the key of ``provider``; whether there was one.

        Raises:
            KeyringUnavailable: as for ``set``.
        """
        with self._changing() as content:
            return content["keys"].pop(provider, None) is not None

    def providers(self) -> Sequence[str]:
        """The providers that have a key in the keyring.

        Raises:
            KeyringUnavailable: it cannot be read.
        """
        return sorted(self._read()["keys"])

    def secret(
        self, name: str, create: Callable[[], str] | None = lambda: secrets.token_hex(32)
    ) -> Secret | None:
        """The program's own secret ``name``, made by ``create`` where there is none.

        With ``create=None`` it is None where there is none.

        Raises:
            KeyringUnavailable: it cannot be read, or the new one was not kept.
        """
        found = self._read()["secrets"].get(name, "")
        if not found and create is not None:
            with self._changing() as content:
                # Another process may have made it while we waited for the lock.
                found = content["secrets"].get(name) or create()
                content["secrets"][name] = found
        return Secret(found) if found else None

    def forget(self) -> None:
        """Read the keyring anew at the next call."""
        with self._lock:
            self._content = self._failure = None

    def describe(self) -> str:
        """The class of the keyring in use.

        Raises:
            KeyringUnavailable: there is none.
        """
        return self._door.name()

    def _from_environment(self, variable: str) -> Secret | None:
        value = os.environ.get(variable, "").strip() if self._environment and variable else ""
        return Secret(value) if value else None

    def _read(self) -> dict[str, dict[str, str]]:
        with self._lock:
            now = time.monotonic()
            if self._failure is not None and now - self._read_at < _FAILED_SECONDS:
                raise self._failure
            if self._content is None or now - self._read_at > _FRESH_SECONDS:
                self._read_at = now
                self._content = self._failure = None
                try:
                    self._content = _parse(self._door.read())
                except KeyringUnavailable as error:
                    self._failure = KeyringUnavailable(error.message, error.hint)
                    raise
            return self._content

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, str]]]:
        """The content to change; it is written where it differs afterwards."""
        with self._lock, self._alone():
            self.forget()
            content = self._read()
            before = _text(content)
            try:
                yield content
                if _text(content) != before:
                    self._door.write(_text(content))
            except BaseException:
                self._content = None
                raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one process at a time changes the item."""
        if self._lock_file is None:
            yield
            return
        files.private_folder(self._lock_file.parent)
        with files.alone(
            self._lock_file,
            KeyringUnavailable(
                "Another EdgeRoute has been changing keys for a long time.",
                "Wait for it or end it, then try again.",
            ),
        ):
            yield


def _parse(text: str | None) -> dict[str, dict[str, str]]:
    if text is None:
        return {"keys": {}, "secrets": {}}
    try:
        content: Any = json.loads(text)
        if content["version"] != _VERSION:
            raise KeyringUnavailable(
                "The keys in the keyring were stored by another version of EdgeRoute.",
                "Update EdgeRoute.",
            )
        return {
            part: {str(name): str(value) for name, value in content[part].items()}
            for part in ("keys", "secrets")
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        # The cause would show the text, which holds keys.
        raise KeyringUnavailable(
            f"The item {SERVICE!r} in the keyring is not readable.",
            f"Delete the item {SERVICE!r} in your keyring's own program and set the keys again.",
        ) from None


def _text(content: dict[str, dict[str, str]]) -> str:
    return json.dumps({"version": _VERSION, **content}, sort_keys=True)
