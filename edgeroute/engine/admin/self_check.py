"""Whether keyring, database and privacy check are in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeroute.store.chats.history_loss import HistoryLoss

if TYPE_CHECKING:
    from edgeroute.store.database.database import Database
    from edgeroute.store.keys.keys import Keys


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """How the database is; ``notices`` say what happened when it was opened.

    ``lost`` says that a part of the history is gone, until the user accepts it.
    """

    path: Path
    sound: bool
    encrypted: bool
    notices: tuple[str, ...]
    lost: str = ""


class SelfCheck:
    """Looks at what an installation stands on; ``warm`` loads the detector of personal data.

    Nothing is sent anywhere.
    """

    def __init__(self, keys: Keys, database: Database, warm: Callable[[], None]) -> None:
        self._keys = keys
        self._database = database
        self._warm = warm

    def keyring(self) -> str:
        """Which keyring holds the keys.

        Raises:
            KeyringUnavailable: there is none that can be used.
        """
        return self._keys.describe()

    def database(self) -> DatabaseStatus:
        """The database, read from beginning to end.

        Raises:
            StoreError: it cannot be opened.
        """
        database = self._database
        encrypted, sound = database.encrypted, database.check()
        lost = HistoryLoss(database).sentence()
        return DatabaseStatus(database.path, sound, encrypted, database.notices, lost)

    def detector(self) -> None:
        """Load what finds personal data.

        Raises:
            Exception: it cannot be loaded, so that every prompt stays here.
        """
        self._warm()
