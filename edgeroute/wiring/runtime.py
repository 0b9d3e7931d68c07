"""Everything of one process, built part by part when it is first asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Self

from edgeroute import config
from edgeroute.core import patterns
from edgeroute.core.clock import Clock, SystemClock
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.admin.conversations import ConversationService
from edgeroute.engine.admin.embeddings import Embeddings
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.stores import StoreParts

if TYPE_CHECKING:
    from edgeroute.config import Paths
    from edgeroute.core.receipt import ReceiptRepository
    from edgeroute.core.secret import Secret
    from edgeroute.core.spending import SpendingRepository
    from edgeroute.core.stored_response import ResponseRepository
    from edgeroute.engine.admin.providers import Providers
    from edgeroute.engine.engine import Engine
    from edgeroute.engine.recording.feedback import Feedback
    from edgeroute.local.preparing.waiting import WaitingBackend
    from edgeroute.privacy.detecting.user_lists import Lists
    from edgeroute.privacy.inspecting.inspector import Inspector
    from edgeroute.providers.catalog.catalog import Catalog
    from edgeroute.settings import ChatAppSettings, Settings
    from edgeroute.wiring.admin import AdminParts
    from edgeroute.wiring.engine import EngineParts
    from edgeroute.wiring.local import LocalParts
    from edgeroute.wiring.privacy import PrivacyParts
    from edgeroute.wiring.providers import ProviderParts


class Runtime:
    """The wired parts of one process, and what front doors may use of them.

    The parts themselves are private: a front door reaches no database, key, door or gate. Those of
    a room are built, and their code is read, when one of them is first asked for. ``conversations``
    and ``embeddings`` are made on this machine, ``receipts`` say why requests went where they went,
    ``ledger`` what was used and spent; ``responses`` are answers that programs may ask for again;
    ``pictures`` is the folder for pictures that the chat app
    saves. ``client`` gives a connected program with its profile as the settings say it now.
    """

    def __init__(self, paths: Paths, settings: Settings, clock: Clock | None = None) -> None:
        self.paths = paths
        self.clock: Clock = clock or SystemClock()
        self._installation = Installation(paths, settings, self.clock)
        self._stores = stores = StoreParts(self._installation)
        self.conversations = ConversationService(stores.conversations, stores.loss, stores.notes)
        self.embeddings = Embeddings(paths.models)
        self.receipts: ReceiptRepository = stores.receipts
        self.ledger: SpendingRepository = stores.ledger
        self.responses: ResponseRepository = stores.responses
        self.pictures = stores.pictures
        self.client = self._installation.client

    @cached_property
    def _providers(self) -> ProviderParts:
        from edgeroute.wiring.providers import ProviderParts  # noqa: PLC0415

        return ProviderParts(self._installation, self._stores, self._local.keys)

    @cached_property
    def _privacy(self) -> PrivacyParts:
        patterns.keep_in(self.paths.state)
        from edgeroute.wiring.privacy import PrivacyParts  # noqa: PLC0415

        return PrivacyParts(
            self._installation, self._stores, lambda: self._providers, lambda: self._local
        )

    @cached_property
    def _local(self) -> LocalParts:
        from edgeroute.wiring.local import LocalParts  # noqa: PLC0415

        return LocalParts(self._installation, self._stores)

    @cached_property
    def _engine(self) -> EngineParts:
        from edgeroute.wiring.engine import EngineParts  # noqa: PLC0415

        return EngineParts(
            self._installation, self._stores, self._privacy, self._providers, self._local
        )

    @cached_property
    def admin(self) -> AdminParts:
        """What a person looks after: policies, local models, alerts, the installation."""
        from edgeroute.wiring.admin import AdminParts  # noqa: PLC0415

        return AdminParts(self._engine)

    @classmethod
    def open(cls, paths: Paths | None = None) -> Self:
        """The runtime for the settings file of ``paths`` (default: this user's).

        It closes the process to the network but for the egress door.

        Raises:
            SettingsError: the settings are wrong, with file and line.
        """
        from edgeroute.boundary import lockdown  # noqa: PLC0415

        found = paths or config.Paths.find()
        found.close_own()
        settings = config.load(found.settings)
        lockdown.install()
        return cls(found, settings)

    def with_policy(self, name: str) -> Self:
        """A runtime with the same settings but for the routing policy.

        Raises:
            SettingsError: the policy is not valid, with file and line.
        """
        import msgspec  # noqa: PLC0415

        router = msgspec.structs.replace(self.settings.router, policy=name)
        settings = msgspec.structs.replace(self.settings, router=router)
        made = type(self)(self.paths, settings, self.clock)
        made._stores.passphrase = self._stores.passphrase  # noqa: SLF001 - one of its own kind
        made.check()
        return made

    def unlock(self, ask: Callable[[], Secret]) -> None:
        """Open the database with the passphrase that ``ask`` gives, where that is needed."""
        if self._stores.needs_passphrase:
            self._stores.passphrase = ask()

    def check(self) -> None:
        """Refuse to go on with policies that are not valid.

        Raises:
            SettingsError: with file and line.
        """
        _ = self._privacy.policy, self._engine.rules.policy(), self._engine.rules.tiers()
        for client in self.settings.clients.values():
            self._engine.rules.policy(client.policy)
        _ = self._providers.catalog, self._providers.enterprise

    async def warm(self) -> None:
        """Load what the first answer needs, away from the event loop."""
        await asyncio.to_thread(self.check)
        _ = self.engine
        with suppress(Exception):  # without its detector every prompt stays here, and says so
            await asyncio.to_thread(self._privacy.load_detector)
        await self._local.preload()

    async def close(self) -> None:
        """Let go of connections, threads and files."""
        for name in ("_engine", "_local", "_providers", "_privacy", "_stores"):
            if parts := self.__dict__.get(name):
                await parts.close()

    # Settings, as the front doors ask for them.

    @property
    def settings(self) -> Settings:
        """All settings, as they are now."""
        return self._installation.settings

    def save(self, key: str, value: str | None) -> None:
        """Keep the setting ``key`` (dotted, as in config.toml); None: its default.

        Raises:
            SettingsError: no such setting, or a wrong value.
        """
        self._installation.change(key, value)
        if key == "router.policy":
            self._engine.rules.name = self.settings.router.policy

    @property
    def chat(self) -> ChatAppSettings:
        """What the settings say about the chat app."""
        return self.settings.chat

    @property
    def daily_limit(self) -> Decimal | None:
        """The daily budget in USD, if there is one."""
        daily = self.settings.budget.daily_usd
        return Decimal(str(daily)) if daily else None

    @property
    def new_mode(self) -> PrivacyMode:
        """The privacy mode that new conversations start in."""
        return self.settings.privacy.mode

    @property
    def first_run(self) -> bool:
        """Whether nothing has been set up or asked here yet; a look at the state is neither."""
        if self.paths.settings.exists():
            return False
        return not self._stores.database.path.exists() or not self.conversations.list(1)

    # What answers, and what was answered.

    @cached_property
    def engine(self) -> Engine:
        """The one way of a prompt.

        Raises:
            SettingsError: a policy or provider file is not valid.
        """
        self.check()
        return self._engine.engine

    @cached_property
    def inspector(self) -> Inspector:
        """Finds personal data, in a thread of its own."""
        return self._privacy.inspector

    @cached_property
    def lists(self) -> Lists:
        """The user's allow list and what is always private."""
        return self._privacy.lists

    @cached_property
    def local(self) -> WaitingBackend:
        """The model that answers on this machine; ``preparing`` is what it still needs.

        Raises:
            SettingsError: the settings name a backend that does not exist.
        """
        return self._local.backend

    @cached_property
    def catalog(self) -> Catalog:
        """Every managed model and its provider.

        Raises:
            SettingsError: a provider file or a provider in the settings is not valid.
        """
        return self._providers.catalog

    @cached_property
    def providers(self) -> Providers:
        """The managed APIs: state, keys, a test of a key."""
        return self._providers.service

    @property
    def memory(self) -> Feedback:
        """What became of earlier answers."""
        return self._engine.feedback
