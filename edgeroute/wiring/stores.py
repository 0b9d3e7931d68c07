"""What is kept: database, keys, and the tables on them."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from edgeroute.core.clock import Clock, SystemClock
from edgeroute.core.errors import KeyringUnavailable
from edgeroute.core.secret import Secret

if TYPE_CHECKING:
    from edgeroute.config import Paths, Settings
    from edgeroute.store.chats.conversations import Conversations
    from edgeroute.store.database.database import Database
    from edgeroute.store.keys.keys import Keys
    from edgeroute.store.records.alerts import Alerts
    from edgeroute.store.records.key_value import KeyValueStore
    from edgeroute.store.records.ledger import Ledger
    from edgeroute.store.records.outcomes import Outcomes
    from edgeroute.store.records.receipts import Receipts


_DATABASE_SECRET = "database"  # noqa: S105 - a name


class Stores:
    """The store's parts, for one set of folders and settings."""

    def __init__(self, paths: Paths, settings: Settings, clock: Clock | None = None) -> None:
        self.paths = paths
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.passphrase: Secret | None = None

    @cached_property
    def keys(self) -> Keys:
        """Provider keys and own secrets in the OS keyring."""
        from edgeroute.store.keys.keys import Keys  # noqa: PLC0415

        return Keys(
            environment=self.settings.keys.environment, lock_file=self.paths.state / "keys.lock"
        )

    @cached_property
    def database(self) -> Database:
        """The database, opened when it is first used."""
        from edgeroute.store.database.database import Database  # noqa: PLC0415

        return Database(self._database_path, self._database_key, now=self.clock.now)

    @property
    def _database_path(self) -> Path:
        return self.paths.data / "edgeroute.db"

    def _database_key(self) -> Secret | None:
        """The key that the database is encrypted with; None where there is no keyring.

        A database that is encrypted already says so itself when it is opened without its key.
        """
        if not self.settings.privacy.encrypt:
            return None
        with suppress(KeyringUnavailable):
            return self.keys.secret(_DATABASE_SECRET)
        return self.passphrase

    @property
    def needs_passphrase(self) -> bool:
        """Whether the user must be asked for the database's passphrase: wanted, and no keyring."""
        privacy = self.settings.privacy
        if not (privacy.encrypt and privacy.passphrase):
            return False
        try:
            self.keys.describe()
        except KeyringUnavailable:
            return True
        return False

    @property
    def pictures(self) -> Path:
        """The folder for pictures that the chat app saves."""
        return self.paths.data / "pictures"

    @cached_property
    def conversations(self) -> Conversations:
        """The conversations of this machine."""
        from edgeroute.store.chats.conversations import Conversations  # noqa: PLC0415

        return Conversations(self.database, pictures=self.pictures, now=self.clock.now)

    @cached_property
    def receipts(self) -> Receipts:
        """Why requests went where they went."""
        from edgeroute.store.records.receipts import Receipts  # noqa: PLC0415

        return Receipts(self.database)

    @cached_property
    def ledger(self) -> Ledger:
        """What was used and spent."""
        from edgeroute.store.records.ledger import Ledger  # noqa: PLC0415

        return Ledger(self.database, now=self.clock.now)

    @cached_property
    def alerts(self) -> Alerts:
        """What the user should know about money and use."""
        from edgeroute.store.records.alerts import Alerts  # noqa: PLC0415

        return Alerts(self.database, now=self.clock.now)

    @cached_property
    def outcomes(self) -> Outcomes:
        """How good answers were."""
        from edgeroute.store.records.outcomes import Outcomes  # noqa: PLC0415

        return Outcomes(self.database, now=self.clock.now)

    @cached_property
    def states(self) -> KeyValueStore:
        """Small states that outlive the process."""
        from edgeroute.store.records.key_value import KeyValueStore  # noqa: PLC0415

        return KeyValueStore(self.database, now=self.clock.now)
