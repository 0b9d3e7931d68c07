"""EdgeRoute with a keyring in a file, where the environment names one: ``python -m`` this."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from edgeroute.store.keys import keyring_door

VARIABLE: Final = "TEST_KEYRING_FILE"


class FileKeyring:
    """A keyring for tests; a value is whole or not there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get_password(self, service: str, username: str) -> str | None:
        """The text of the item, or None."""
        found: str | None = self._read().get(f"{service} {username}")
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store the text of the item."""
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        draft.write_text(json.dumps(self._read() | {f"{service} {username}": password}))
        draft.rename(self._path)

    def _read(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return {}


def use() -> None:
    """Have every keyring that is asked for from now on be that file."""
    if file := os.environ.get(VARIABLE):
        keyring_door.trusted_backend = lambda *_: FileKeyring(Path(file))


if __name__ == "__main__":
    use()
    from edgeroute.cli.main import main

    main()
