"""The only place that builds an engine from settings.

A ``Runtime`` holds the parts of one process. Each is built when it is first asked for, so that a
command pays only for what it uses.
"""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from edgeroute import config
from edgeroute.core.clock import Clock, SystemClock
from edgeroute.core.errors import KeyringUnavailable, StoreError
from edgeroute.core.secret import Secret
from edgeroute.core.verdict import PrivacyMode

if TYPE_CHECKING:
    from edgeroute.config import Chat, Paths, Settings
    from edgeroute.engine.engine import Engine
    from edgeroute.engine.providers import Providers
    from edgeroute.engine.surroundings import Surroundings
    from edgeroute.local.backend import LocalBackend
    from edgeroute.local.models import LocalModels
    from edgeroute.local.process import WorkerProcess
    from edgeroute.privacy.detector import Detector
    from edgeroute.privacy.gate import Gate
    from edgeroute.privacy.inspector import Inspector
    from edgeroute.privacy.lists import Lists
    from edgeroute.privacy.policy import Policy as PrivacyPolicy
    from edgeroute.providers.catalog import Catalog
    from edgeroute.providers.client import Client
    from edgeroute.providers.egress import Door
    from edgeroute.providers.health import Health
    from edgeroute.providers.resilience import Resilience
    from edgeroute.routing.policy import Policy
    from edgeroute.routing.tiers import Tiers
    from edgeroute.store.alerts import Alerts
    from edgeroute.store.conversations import Conversations
    from edgeroute.store.database import Database
    from edgeroute.store.keys import Keys
    from edgeroute.store.ledger import Ledger
    from edgeroute.store.outcomes import Outcomes
    from edgeroute.store.receipts import Receipts
    from edgeroute.store.states import States

_DATABASE_SECRET = "database"  # noqa: S105 - a name
_LISTS_SECRET = "privacy lists"  # noqa: S105 - a name
_SESSIONS_SECRET = "provider sessions"  # noqa: S105 - a name
_PREMIUM = "anthropic/claude-opus-4.7"


class Runtime:
    """The wired parts of one process.

    ``open`` reads the settings and closes the process to the network but for the egress door.
    """

    def __init__(self, paths: Paths, settings: Settings, clock: Clock | None = None) -> None:
        self.paths = paths
        self.settings = settings
        self.clock: Clock = clock or SystemClock()

    @classmethod
    def open(cls, paths: Paths | None = None) -> Self:
        """The runtime for the settings file of ``paths`` (default: this user's).

        Raises:
            SettingsError: the settings are wrong, with file and line.
        """
        from edgeroute.privacy import lockdown  # noqa: PLC0415

        found = paths or config.Paths.find()
        settings = config.load(found.settings)
        lockdown.install()
        return cls(found, settings)

    def check(self) -> None:
        """Refuse to go on with policies that are not valid.

        Raises:
            SettingsError: with file and line.
        """
        _ = self.privacy_policy, self.policy, self.tiers, self.catalog

    async def warm(self) -> None:
        """Load what the first answer needs, away from the event loop."""
        await asyncio.to_thread(self.check)
        _ = self.engine
        await asyncio.to_thread(self._warm_detector)

    async def close(self) -> None:
        """Let go of connections, threads and files."""
        for name in ("local", "door", "inspector"):
            if name in self.__dict__:
                await self.__dict__[name].close()
        if "database" in self.__dict__:
            await asyncio.to_thread(self.database.close)

    # Settings, as the front doors ask for them.

    @property
    def chat(self) -> Chat:
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
        """Whether nothing has been set up here yet."""
        return not self.paths.settings.exists() and not self._database_path.exists()

    def save(self, key: str, value: str) -> None:
        """Keep the setting ``key`` (dotted, as in config.toml).

        Raises:
            SettingsError: no such setting, or a wrong value.
        """
        self.settings = config.change(self.paths.settings, key, value)

    # Store

    @cached_property
    def keys(self) -> Keys:
        """Provider keys and own secrets in the OS keyring."""
        from edgeroute.store.keys import Keys  # noqa: PLC0415

        return Keys(
            environment=self.settings.keys.environment, lock_file=self.paths.state / "keys.lock"
        )

    @cached_property
    def database(self) -> Database:
        """The database, opened when it is first used."""
        from edgeroute.store.database import Database  # noqa: PLC0415

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
        return None

    @cached_property
    def conversations(self) -> Conversations:
        """The conversations of this machine."""
        from edgeroute.store.conversations import Conversations  # noqa: PLC0415

        return Conversations(self.database, now=self.clock.now)

    @cached_property
    def receipts(self) -> Receipts:
        """Why requests went where they went."""
        from edgeroute.store.receipts import Receipts  # noqa: PLC0415

        return Receipts(self.database)

    @cached_property
    def ledger(self) -> Ledger:
        """What was used and spent."""
        from edgeroute.store.ledger import Ledger  # noqa: PLC0415

        return Ledger(self.database, now=self.clock.now)

    @cached_property
    def alerts(self) -> Alerts:
        """What the user should know about money and use."""
        from edgeroute.store.alerts import Alerts  # noqa: PLC0415

        return Alerts(self.database, now=self.clock.now)

    @cached_property
    def outcomes(self) -> Outcomes:
        """How good answers were."""
        from edgeroute.store.outcomes import Outcomes  # noqa: PLC0415

        return Outcomes(self.database, now=self.clock.now)

    @cached_property
    def states(self) -> States:
        """Small states that outlive the process."""
        from edgeroute.store.states import States  # noqa: PLC0415

        return States(self.database, now=self.clock.now)

    # Privacy

    @cached_property
    def privacy_policy(self) -> PrivacyPolicy:
        """What counts as personal data.

        Raises:
            SettingsError: rules/privacy.yaml is not valid.
        """
        import msgspec  # noqa: PLC0415

        from edgeroute.privacy.policy import Level, Policy  # noqa: PLC0415

        policy = Policy.load(self.paths.config / "rules")
        level = self.settings.privacy.level
        return msgspec.structs.replace(policy, level=Level(level)) if level else policy

    @cached_property
    def lists(self) -> Lists:
        """The user's allow list and what is always private."""
        from edgeroute.privacy.lists import Lists  # noqa: PLC0415

        try:
            key = self.database.kept(_LISTS_SECRET)
        except StoreError:
            # Without its key the allow list is empty, which only means that more stays here.
            key = secrets.token_bytes(32)
        return Lists(self.paths.config, key)

    @cached_property
    def inspector(self) -> Inspector:
        """Finds personal data, in a thread of its own."""
        from edgeroute.privacy.inspector import Inspector  # noqa: PLC0415
        from edgeroute.privacy.lists import WithLists  # noqa: PLC0415
        from edgeroute.privacy.ocr import Tesseract  # noqa: PLC0415

        policy = self.privacy_policy
        return Inspector(
            WithLists(self.detector, self.lists),
            lambda: policy.version(self.lists.version.encode()),
            images=Tesseract.find() if self.settings.privacy.ocr else None,
        )

    @cached_property
    def detector(self) -> Detector:
        """Reads texts for personal data."""
        from edgeroute.privacy.detector import Detector  # noqa: PLC0415

        return Detector(self.privacy_policy, self.paths.models, allowed=self._allowed)

    def _allowed(self, value: str) -> bool:
        return self.lists.allows(value)

    def _warm_detector(self) -> None:
        with suppress(
            Exception
        ):  # a detector that cannot load keeps every prompt here, and says so
            self.detector.warm()

    @cached_property
    def gate(self) -> Gate:
        """The only maker of clearances."""
        from urllib.parse import urlsplit  # noqa: PLC0415

        from edgeroute.privacy.gate import Gate  # noqa: PLC0415

        enterprise = self.catalog.provider(self.settings.privacy.enterprise_provider)
        hosts = (
            [urlsplit(url).hostname or "" for url in enterprise.wires.values()]
            if enterprise
            else []
        )
        return Gate(self.inspector, self.clock, enterprise_hosts=hosts)

    # Providers

    @cached_property
    def catalog(self) -> Catalog:
        """Every managed model and its provider.

        Raises:
            SettingsError: a provider file or a provider in the settings is not valid.
        """
        from edgeroute.providers.catalog import Catalog, CustomProvider  # noqa: PLC0415

        custom = {
            name: CustomProvider(
                wire=own.wire,
                base_url=own.base_url,
                models=tuple(own.models),
                region=own.region,
                key_variable=own.key_variable,
                enterprise=own.enterprise,
                headers=own.headers,
                context_tokens=own.context_tokens,
            )
            for name, own in self.settings.providers.items()
        }
        return Catalog.load(self.paths.config / "models", custom)

    @cached_property
    def door(self) -> Door:
        """The one door to other machines."""
        from edgeroute.providers.egress import Door  # noqa: PLC0415

        network = self.settings.network
        return Door(ca_file=network.ca_file, proxy=network.proxy)

    @cached_property
    def resilience(self) -> Resilience:
        """How often, how long, how soon again: rules/resilience.yaml.

        Raises:
            SettingsError: it is not valid.
        """
        from edgeroute.providers.resilience import load_resilience  # noqa: PLC0415

        return load_resilience(self.paths.config / "rules")

    @cached_property
    def health(self) -> Health:
        """Circuit breakers and rate limits of all providers."""
        from edgeroute.providers.health import Health  # noqa: PLC0415

        return Health(self.resilience)

    @cached_property
    def client(self) -> Client:
        """Speaks with managed APIs through the door."""
        from edgeroute.providers.client import Client  # noqa: PLC0415

        return Client(self.door, self.health.rate_limits, self.clock)

    @cached_property
    def providers(self) -> Providers:
        """The managed APIs as a front door shows them."""
        from edgeroute.engine.providers import Providers  # noqa: PLC0415

        return Providers(self.catalog, self.keys, self.health, self.door, self.clock)

    # Routing

    @cached_property
    def policy(self) -> Policy:
        """The routing policy in force.

        Raises:
            SettingsError: it is not valid, with file and line.
        """
        from edgeroute.routing.policy import Policy  # noqa: PLC0415

        return Policy.named(self.settings.router.policy, self.paths.config / "rules")

    @cached_property
    def tiers(self) -> Tiers:
        """Tiers, roles and ladders.

        Raises:
            SettingsError: rules/tiers.yaml is not valid.
        """
        from edgeroute.routing.tiers import Tiers  # noqa: PLC0415

        return Tiers.load(self.paths.config / "rules")

    # Local models

    @cached_property
    def models(self) -> LocalModels:
        """The model files of this machine."""
        from edgeroute.local.models import LocalModels  # noqa: PLC0415

        return LocalModels(self.paths.models, self.paths.config / "models")

    @cached_property
    def local(self) -> LocalBackend:
        """The model that answers on this machine.

        Raises:
            SettingsError: the settings name a backend that does not exist.
        """
        from edgeroute.local.choose import choose  # noqa: PLC0415
        from edgeroute.privacy import lockdown  # noqa: PLC0415

        local = self.settings.local
        chosen = choose(
            local.backend,
            local.model,
            models=self.models,
            process=self.worker,
            endpoints=local.endpoints,
            key_of=self._endpoint_key,
            opening=lockdown.opening,
        )
        # Looking for oMLX is asynchronous; whoever asks for the backend may run in a loop already.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, chosen).result()

    @cached_property
    def worker(self) -> WorkerProcess:
        """The llama.cpp worker of this user, started when it is needed."""
        from edgeroute.local.process import WorkerProcess  # noqa: PLC0415

        local = self.settings.local
        return WorkerProcess(
            self.paths.runtime,
            self.paths.state,
            self.paths.models,
            own=self.paths.config / "models",
            window=local.context_tokens,
            threads=local.threads,
            idle_seconds=local.idle_minutes * 60,
        )

    def _endpoint_key(self, name: str) -> Secret | None:
        with suppress(KeyringUnavailable):
            return self.keys.get(name)
        return None

    # Engine

    @cached_property
    def surroundings(self) -> Surroundings:
        """What the planner must know besides the request."""
        from edgeroute.engine.surroundings import Limits, Surroundings  # noqa: PLC0415

        budget = self.settings.budget
        surroundings = Surroundings(
            ready=self.providers.ready,
            health=self.health,
            states=self.states,
            ledger=self.ledger,
            limits=Limits(
                Decimal(str(budget.daily_usd)),
                Decimal(str(budget.monthly_usd)),
                Decimal(str(budget.conversation_usd)),
            ),
            clock=self.clock,
        )
        surroundings.recall()
        return surroundings

    @cached_property
    def engine(self) -> Engine:
        """The one way of a prompt.

        Raises:
            SettingsError: a policy or provider file is not valid.
        """
        from edgeroute.engine.attempts import Attempts  # noqa: PLC0415
        from edgeroute.engine.decision import Decider, Preferences  # noqa: PLC0415
        from edgeroute.engine.delivery import Delivery  # noqa: PLC0415
        from edgeroute.engine.engine import Engine  # noqa: PLC0415
        from edgeroute.engine.masking import Masking  # noqa: PLC0415
        from edgeroute.engine.recorder import Recorder  # noqa: PLC0415
        from edgeroute.engine.session import Sessions  # noqa: PLC0415

        self.check()
        user = config.system_user()
        decider = Decider(
            sessions=Sessions(self.conversations, self.settings.privacy.mode),
            inspector=self.inspector,
            masking=Masking(self.conversations, self.inspector, self.privacy_policy),
            policy=lambda: self.policy,
            tiers=lambda: self.tiers,
            catalog=self.catalog,
            local=self.local,
            surroundings=self.surroundings,
            preferences=Preferences(
                self.settings.router.tier, self.settings.privacy.enterprise_provider, user
            ),
            clock=self.clock,
        )
        attempts = Attempts(
            catalog=self.catalog,
            gate=self.gate,
            client=self.client,
            keys=self.keys,
            local=self.local,
            policy=lambda: self.policy,
            salt=lambda: self.database.kept(_SESSIONS_SECRET),
            clock=self.clock,
        )
        recorder = Recorder(
            receipts=self.receipts,
            ledger=self.ledger,
            conversations=self.conversations,
            surroundings=self.surroundings,
            premium=self.catalog.card(_PREMIUM),
            user=user,
            clock=self.clock,
        )
        delivery = Delivery(attempts, self.health, self.resilience, self.clock, Random())  # noqa: S311
        return Engine(decider, delivery, recorder, self.clock)
