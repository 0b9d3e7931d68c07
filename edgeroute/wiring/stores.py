"""What is kept: database, keys, and the tables on them."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from functools import cache, partial

from edgeroute.core.errors import KeyringUnavailable, StoreError
from edgeroute.core.secret import Secret
from edgeroute.store.chats.conversation_prefixes import Prefixes
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.chats.history_loss import HistoryLoss
from edgeroute.store.chats.masks import ConversationMasks
from edgeroute.store.chats.notes import ConversationNotes
from edgeroute.store.database.database import Database
from edgeroute.store.keys.keys import Keys
from edgeroute.store.records.alerts import Alerts
from edgeroute.store.records.key_value import KeyValueStore
from edgeroute.store.records.ledger import Ledger
from edgeroute.store.records.outcomes import Outcomes
from edgeroute.store.records.receipts import Receipts
from edgeroute.store.records.sent_bodies import SentBodies
from edgeroute.store.records.stored_responses import StoredResponses
from edgeroute.store.records.targets import Targets
from edgeroute.wire import capsule
from edgeroute.wiring.installation import Installation

_DATABASE_SECRET = "database"  # noqa: S105 - a name
_CAPSULE_SECRET = "capsules"  # noqa: S105 - a name


class StoreParts:
    """The parts of the store; the database is opened when it is first used.

    ``passphrase`` opens the database where there is no keyring. ``pictures`` is the folder for
    pictures that the chat app saves.
    """

    def __init__(self, installation: Installation) -> None:
        self._settings = installation.settings
        self.passphrase: Secret | None = None
        paths, now = installation.paths, installation.clock.now
        self.pictures = paths.data / "pictures"
        self.keys = Keys(
            environment=self._settings.keys.environment, lock_file=paths.state / "keys.lock"
        )
        self.database = Database(paths.data / "edgeroute.db", self._database_key, now=now)
        self.conversations = Conversations(self.database, pictures=self.pictures, now=now)
        self.loss = HistoryLoss(self.database)
        self.masks = ConversationMasks(self.database)
        self.prefixes = Prefixes(self.database)
        self.receipts = Receipts(self.database)
        self.sent = SentBodies(self.database, megabytes=self._settings.privacy.sent_megabytes)
        self.ledger = Ledger(self.database, now=now)
        self.alerts = Alerts(self.database, now=now)
        self.outcomes = Outcomes(self.database, now=now)
        self.states = KeyValueStore(self.database, now=now)
        self.notes = ConversationNotes(self.database, self.states)
        server = self._settings.server
        self.responses = StoredResponses(
            self.database,
            days=server.responses_days,
            megabytes=server.responses_megabytes,
            now=now,
        )
        capsule.use_secret(cache(partial(self.secret, _CAPSULE_SECRET)))
        self.targets = Targets(self.database)

    @property
    def needs_passphrase(self) -> bool:
        """Whether the user must be asked for the database's passphrase: wanted, and no keyring."""
        privacy = self._settings.privacy
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

    async def close(self) -> None:
        """Close the database if it was opened."""
        await asyncio.to_thread(self.database.close)

    def _database_key(self) -> Secret | None:
        """The key that the database is encrypted with; None where there is no keyring.

        A database that is encrypted already says so itself when it is opened without its key.
        """
        if not self._settings.privacy.encrypt:
            return None
        with suppress(KeyringUnavailable):
            return self.keys.secret(_DATABASE_SECRET)
        return self.passphrase
