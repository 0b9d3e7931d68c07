"""What is kept: database, keys, and the tables on them."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from edgeroute.core.errors import KeyringUnavailable, StoreError
from edgeroute.core.secret import Secret
from edgeroute.wiring.installation import Installation

if TYPE_CHECKING:
    from edgeroute.store.chats.conversation_prefixes import Prefixes
    from edgeroute.store.chats.conversations import Conversations
    from edgeroute.store.chats.masks import ConversationMasks
    from edgeroute.store.database.database import Database
    from edgeroute.store.keys.keys import Keys
    from edgeroute.store.records.alerts import Alerts
    from edgeroute.store.records.key_value import KeyValueStore
    from edgeroute.store.records.ledger import Ledger
    from edgeroute.store.records.outcomes import Outcomes
    from edgeroute.store.records.receipts import Receipts

_DATABASE_SECRET = "database"  # noqa: S105 - a name


class StoreParts:
    """The parts of the store. ``passphrase`` opens the database where there is no keyring."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self.passphrase: Secret | None = None

    @cached_property
    def keys(self) -> Keys:
        """Provider keys and own secrets in the OS keyring."""
        from edgeroute.store.keys.keys import Keys  # noqa: PLC0415

        return Keys(
            environment=self._installation.settings.keys.environment,
            lock_file=self._installation.paths.state / "keys.lock",
        )

    @cached_property
    def database(self) -> Database:
        """The database, opened when it is first used."""
        from edgeroute.store.database.database import Database  # noqa: PLC0415

        return Database(self.database_path, self._database_key, now=self._installation.clock.now)

    @property
    def database_path(self) -> Path:
        """Where the database is, or will be."""
        return self._installation.paths.data / "edgeroute.db"

    @property
    def pictures(self) -> Path:
        """The folder for pictures that the chat app saves."""
        return self._installation.paths.data / "pictures"

    @property
    def needs_passphrase(self) -> bool:
        """Whether the user must be asked for the database's passphrase: wanted, and no keyring."""
        privacy = self._installation.settings.privacy
        if not (privacy.encrypt and privacy.passphrase):
            return False
        try:
            self.keys.describe()
        except KeyringUnavailable:
            return True
        return False

    def secret(self, name: str) -> bytes:
        """A secret of this machine, always the same; without a database another one each time."""
        try:
            return self.database.kept(name)
        except StoreError:
            return secrets.token_bytes(32)

    @cached_property
    def conversations(self) -> Conversations:
        """The conversations of this machine."""
        from edgeroute.store.chats.conversations import Conversations  # noqa: PLC0415

        return Conversations(
            self.database, pictures=self.pictures, now=self._installation.clock.now
        )

    @cached_property
    def masks(self) -> ConversationMasks:
        """The placeholders of conversations."""
        from edgeroute.store.chats.masks import ConversationMasks  # noqa: PLC0415

        return ConversationMasks(self.database)

    @cached_property
    def prefixes(self) -> Prefixes:
        """By what conversations are recognised."""
        from edgeroute.store.chats.conversation_prefixes import Prefixes  # noqa: PLC0415

        return Prefixes(self.database)

    @cached_property
    def receipts(self) -> Receipts:
        """Why requests went where they went."""
        from edgeroute.store.records.receipts import Receipts  # noqa: PLC0415

        return Receipts(self.database)

    @cached_property
    def ledger(self) -> Ledger:
        """What was used and spent."""
        from edgeroute.store.records.ledger import Ledger  # noqa: PLC0415

        return Ledger(self.database, now=self._installation.clock.now)

    @cached_property
    def alerts(self) -> Alerts:
        """What the user should know about money and use."""
        from edgeroute.store.records.alerts import Alerts  # noqa: PLC0415

        return Alerts(self.database, now=self._installation.clock.now)

    @cached_property
    def outcomes(self) -> Outcomes:
        """How good answers were."""
        from edgeroute.store.records.outcomes import Outcomes  # noqa: PLC0415

        return Outcomes(self.database, now=self._installation.clock.now)

    @cached_property
    def states(self) -> KeyValueStore:
        """Small states that outlive the process."""
        from edgeroute.store.records.key_value import KeyValueStore  # noqa: PLC0415

        return KeyValueStore(self.database, now=self._installation.clock.now)

    async def close(self) -> None:
        """Close the database if it was opened."""
        if "database" in self.__dict__:
            await asyncio.to_thread(self.database.close)

    def _database_key(self) -> Secret | None:
        """The key that the database is encrypted with; None where there is no keyring.

        A database that is encrypted already says so itself when it is opened without its key.
        """
        if not self._installation.settings.privacy.encrypt:
            return None
        with suppress(KeyringUnavailable):
            return self.keys.secret(_DATABASE_SECRET)
        return self.passphrase
