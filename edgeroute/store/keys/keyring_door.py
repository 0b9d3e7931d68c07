"""The operating system's keyring: only trusted services, never waiting long, never silently lost.

A keyring can hang for ever, store in plain text, or accept a value and forget it. So the service is
chosen from a list of our own, every call runs in a thread with a time limit, and errors become
sentences.
"""

from __future__ import annotations

import configparser
import importlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from edgeroute.core.errors import KeyringUnavailable

T = TypeVar("T")

LIMIT_SECONDS: Final = 3.0
# After a time-out the service is left alone for a while: each try would strand one more thread.
_REST_SECONDS: Final = 30.0

_MAC: Final = ("keyring.backends.macOS.Keyring",)
_LINUX: Final = (
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.kwallet.DBusKeyringKWallet4",
    "keyring.backends.libsecret.Keyring",
)
ALLOWED: Final = (*_MAC, *_LINUX)

_NONE_ON_LINUX: Final = (
    "Install and start one (for example: sudo apt install gnome-keyring, then log in to the"
    " desktop again; on a server: dbus-run-session -- sh), or set keys.environment = true to read"
    " keys from environment variables."
)
_NONE_ON_MAC: Final = (
    "Log in at the Mac itself or run: security unlock-keychain (over ssh the keychain is locked)."
)


class KeyringBackend(Protocol):
    """What we use of a keyring backend."""

    def get_password(self, service: str, username: str) -> str | None:
        """The text of the item, or None."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store the text of the item."""
        ...


class KeyringDoor:
    """One item of the keyring, under ``service`` and ``username``."""

    def __init__(
        self,
        service: str,
        username: str,
        *,
        choose: Callable[[], KeyringBackend] | None = None,
        limit: float = LIMIT_SECONDS,
    ) -> None:
        self._service = service
        self._username = username
        self._choose = choose or trusted_backend
        self._limit = limit
        self._backend: KeyringBackend | None = None
        self._hung_at: float | None = None

    def read(self) -> str | None:
        """The item's text, None where there is no item.

        Raises:
            KeyringUnavailable: there is no keyring, it is locked, or does not answer.
        """
        return self._ask(lambda backend: backend.get_password(self._service, self._username))

    def write(self, text: str) -> None:
        """Store ``text``, then read it back and compare.

        Raises:
            KeyringUnavailable: as for ``read``, or the keyring did not keep it.
        """
        self._ask(lambda backend: backend.set_password(self._service, self._username, text))
        if self.read() != text:
            raise KeyringUnavailable(
                "The keyring took the value and did not keep it.",
                f"It is {self.name()}; unlock it or use another one, then try again.",
            )

    def name(self) -> str:
        """The service in use, as its class name.

        Raises:
            KeyringUnavailable: there is none.
        """
        backend = self._ask(lambda found: found)
        return f"{type(backend).__module__}.{type(backend).__qualname__}"

    def _ask(self, call: Callable[[KeyringBackend], T]) -> T:
        if self._hung_at is not None and time.monotonic() - self._hung_at < _REST_SECONDS:
            raise self._no_answer()

        def work() -> T:
            if self._backend is None:
                self._backend = self._choose()
            return call(self._backend)

        try:
            result = within(work, self._limit)
        except TimeoutError as error:
            self._hung_at = time.monotonic()
            raise self._no_answer() from error
        except KeyringUnavailable:
            raise
        except Exception as error:  # a backend may raise anything, D-Bus errors included
            self._backend = None
            raise _explained(error) from error
        self._hung_at = None
        return result

    def _no_answer(self) -> KeyringUnavailable:
        return KeyringUnavailable(
            f"The keyring did not answer within {self._limit:g} seconds.",
            "If a window asks for your password, enter it and try again; else restart the keyring"
            " (on Linux: log out and in, or restart gnome-keyring-daemon).",
        )


def within(work: Callable[[], T], seconds: float) -> T:
    """The result of ``work``, done in a thread of its own that is abandoned after ``seconds``.

    Raises:
        TimeoutError: it took longer. Whatever ``work`` raises is raised here.
    """
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again by the caller
            failure.append(error)

    # A daemon thread: a keyring that hangs must not keep the program from ending.
    thread = threading.Thread(target=run, name="keyring", daemon=True)
    thread.start()
    thread.join(seconds)
    if failure:
        raise failure[0]
    if not result:
        raise TimeoutError
    return result[0]


def trusted_backend(platform: str = sys.platform) -> KeyringBackend:
    """The best keyring of this machine that is on our list.

    Raises:
        KeyringUnavailable: there is none, or the user's configuration names another one.
    """
    wanted = _configured()
    if wanted and wanted not in ALLOWED:
        raise KeyringUnavailable(
            f"The keyring {wanted!r} is not one that EdgeRoute trusts with keys.",
            "Remove PYTHON_KEYRING_BACKEND from the environment and default-keyring from"
            " keyringrc.cfg; EdgeRoute uses the macOS keychain, the Secret Service (GNOME Keyring,"
            " KeePassXC) or KWallet.",
        )
    names = (wanted,) if wanted else _MAC if platform == "darwin" else _LINUX
    found: list[tuple[float, KeyringBackend]] = []
    for name in names:
        module, _, kind = name.rpartition(".")
        try:
            backend: Any = getattr(importlib.import_module(module), kind)
            found.append((float(backend.priority), backend()))
        except Exception:  # noqa: BLE001, S112 - a backend that cannot run says so in its own way
            continue
    if not found:
        hint = _NONE_ON_MAC if platform == "darwin" else _NONE_ON_LINUX
        raise KeyringUnavailable("There is no keyring here to store keys in.", hint)
    return max(found, key=lambda pair: pair[0])[1]


def _configured() -> str:
    """The backend that the environment or keyringrc.cfg names; the file's other words are ignored.

    The keyring package would load any class from any folder that they name.
    """
    from keyring.util import platform_  # noqa: PLC0415 - slow to import, seldom needed

    named = os.environ.get("PYTHON_KEYRING_BACKEND", "").strip()
    if named:
        return named
    config = configparser.RawConfigParser()
    try:
        config.read(Path(platform_.config_root()) / "keyringrc.cfg", encoding="utf-8")
        return config.get("backend", "default-keyring", fallback="").strip()
    except (configparser.Error, OSError, UnicodeDecodeError):
        return ""


def _explained(error: Exception) -> KeyringUnavailable:
    """``error`` of a backend as a sentence. Its own text is left out: it may quote the value."""
    kind = type(error).__name__
    if "Locked" in kind or "Prompt" in kind:
        return KeyringUnavailable(
            "The keyring is locked.",
            "Unlock it (log in to the desktop, or open its password window) and try again.",
        )
    return KeyringUnavailable(
        f"The keyring failed ({kind}).",
        "See that it is running and unlocked; `edgeroute doctor` names the service in use.",
    )
