"""Connected programs: a token for each, in a file of its own that only the user can read."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edgeroute.clients import check_name
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.secret import Secret
from edgeroute.server.access.token import read, read_or_make

FOLDER: Final = "client-tokens"


class ClientTokens:
    """The tokens of connected programs below the state folder, read anew as they come and go."""

    def __init__(self, state: Path) -> None:
        self.folder = state / FOLDER
        self._known: dict[str, Secret] = {}
        self._stamp = 0

    def path(self, name: str) -> Path:
        """Where the token of ``name`` is.

        Raises:
            SettingsError: no program can be called so.
        """
        check_name(name)
        return self.folder / name

    def make(self, name: str) -> Secret:
        """The token of ``name``, made on first use.

        Raises:
            EdgeRouteError: the name or the file is not fit.
        """
        return read_or_make(self.path(name))

    def get(self, name: str) -> Secret:
        """The token of ``name``.

        Raises:
            EdgeRouteError: it has none, or the file is not fit.
        """
        try:
            return read(self.path(name))
        except FileNotFoundError:
            raise EdgeRouteError(
                f"{name} is not connected, so it has no token.",
                f"Connect it: edgeroute connect {name}",
            ) from None

    def revoke(self, name: str) -> None:
        """Make the token of ``name`` worth nothing, at once."""
        self.path(name).unlink(missing_ok=True)

    def holder(self, given: Sequence[bytes]) -> str:
        """The program that one of the ``given`` tokens belongs to; empty where it is none's.

        All are compared, each in a time that tells nothing about it.
        """
        found = self._among(given)
        if self._changed() or not found:
            self._read()
            found = self._among(given)
        return found

    def _among(self, given: Sequence[bytes]) -> str:
        found = ""
        for name, token in self._known.items():
            expected = token.reveal().encode()
            for each in given:
                if hmac.compare_digest(each, expected):
                    found = name
        return found

    def _changed(self) -> bool:
        return self._now() != self._stamp

    def _now(self) -> int:
        try:
            return self.folder.stat().st_mtime_ns
        except OSError:
            return 0

    def _read(self) -> None:
        self._stamp, self._known = self._now(), {}
        if not self._stamp:
            return
        for file in sorted(self.folder.iterdir()):
            if not file.name.startswith("."):
                try:
                    self._known[file.name] = self.get(file.name)
                except EdgeRouteError:
                    continue  # a file that is not fit lets nobody in
