"""Everything of one process, built part by part when it is first asked for."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Self

from edgeroute import config
from edgeroute.core.errors import StoreError
from edgeroute.core.verdict import PrivacyMode
from edgeroute.wiring.providers_and_local import Models
from edgeroute.wiring.reloading import Reloaded

if TYPE_CHECKING:
    from edgeroute.config import ChatAppSettings, Paths
    from edgeroute.engine.admin.embeddings import Embeddings
    from edgeroute.engine.deciding.advisor import Advisor
    from edgeroute.engine.deciding.budget import Budget
    from edgeroute.engine.deciding.router_state import RouterState
    from edgeroute.engine.engine import Engine
    from edgeroute.engine.recording.feedback import Feedback
    from edgeroute.engine.recording.telemetry import Telemetry
    from edgeroute.routing.policy.policy import RoutingPolicy
    from edgeroute.routing.policy.tiers import Tiers
    from edgeroute.routing.signals.classifier import TaskClassifier


_SESSIONS_SECRET = "provider sessions"  # noqa: S105 - a name
_PREMIUM = "anthropic/claude-opus-4.7"


class Runtime(Models):
    """The wired parts of one process.

    ``open`` reads the settings and closes the process to the network but for the egress door.
    """

    @classmethod
    def open(cls, paths: Paths | None = None) -> Self:
        """The runtime for the settings file of ``paths`` (default: this user's).

        Raises:
            SettingsError: the settings are wrong, with file and line.
        """
        from edgeroute.boundary import lockdown  # noqa: PLC0415

        found = paths or config.Paths.find()
        found.close_own()
        settings = config.load(found.settings)
        lockdown.install()
        return cls(found, settings)

    def check(self) -> None:
        """Refuse to go on with policies that are not valid.

        Raises:
            SettingsError: with file and line.
        """
        _ = self.privacy_policy, self.policy, self.tiers, self.catalog, self.enterprise

    async def warm(self) -> None:
        """Load what the first answer needs, away from the event loop."""
        await asyncio.to_thread(self.check)
        _ = self.engine
        await asyncio.to_thread(self._warm_detector)

    async def close(self) -> None:
        """Let go of connections, threads and files."""
        for name in ("telemetry", "local", "door", "inspector"):
            if name in self.__dict__:
                await self.__dict__[name].close()
        if "database" in self.__dict__:
            await asyncio.to_thread(self.database.close)

    # Settings, as the front doors ask for them.

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
        """Whether nothing has been set up here yet."""
        return not self.paths.settings.exists() and not self._database_path.exists()

    def save(self, key: str, value: str) -> None:
        """Keep the setting ``key`` (dotted, as in config.toml).

        Raises:
            SettingsError: no such setting, or a wrong value.
        """
        self.settings = config.change(self.paths.settings, key, value)

    @property
    def policy(self) -> RoutingPolicy:
        """The routing policy in force; an edited file counts from the next request on.

        Raises:
            SettingsError: it is not valid and there is no earlier one, with file and line.
        """
        found = self._policy_file.value
        trouble = " ".join(filter(None, (self._policy_file.trouble, self._tiers_file.trouble)))
        return replace(found, trouble=trouble) if trouble else found

    @property
    def tiers(self) -> Tiers:
        """Tiers, roles and ladders; an edited file counts from the next request on.

        Raises:
            SettingsError: rules/tiers.yaml is not valid and there is no earlier one.
        """
        return self._tiers_file.value

    @cached_property
    def _policy_file(self) -> Reloaded[RoutingPolicy]:
        from edgeroute.routing.policy.policy import RoutingPolicy, policy_file  # noqa: PLC0415

        own = self.paths.config / "rules"
        return Reloaded(
            lambda: policy_file(self.settings.router.policy, own),
            lambda: RoutingPolicy.named(self.settings.router.policy, own),
        )

    @cached_property
    def _tiers_file(self) -> Reloaded[Tiers]:
        from edgeroute.routing.policy.tiers import Tiers, tiers_file  # noqa: PLC0415

        own = self.paths.config / "rules"
        return Reloaded(lambda: tiers_file(own), lambda: Tiers.load(own))

    @property
    def limits(self) -> Budget:
        """The budgets."""
        from edgeroute.engine.deciding.budget import Budget  # noqa: PLC0415

        budget = self.settings.budget
        return Budget(
            Decimal(str(budget.daily_usd)),
            Decimal(str(budget.monthly_usd)),
            Decimal(str(budget.conversation_usd)),
            budget.at_limit,
        )

    @cached_property
    def router_state(self) -> RouterState:
        """What the planner must know besides the request."""
        from edgeroute.engine.deciding.router_state import RouterState  # noqa: PLC0415

        router_state = RouterState(
            ready=self.providers.ready,
            health=self.health,
            states=self.states,
            ledger=self.ledger,
            budget=self.limits,
            clock=self.clock,
        )
        router_state.recall()
        return router_state

    def _salt(self) -> bytes:
        """What providers' session ids are made from; another one each time without a database."""
        try:
            return self.database.kept(_SESSIONS_SECRET)
        except StoreError:
            return secrets.token_bytes(32)

    @cached_property
    def sentences(self) -> Embeddings:
        """Vectors of texts, made on this machine."""
        from edgeroute.engine.admin.embeddings import Embeddings  # noqa: PLC0415

        return Embeddings(self.paths.models)

    @cached_property
    def memory(self) -> Feedback:
        """What became of earlier answers."""
        from edgeroute.engine.recording.feedback import Feedback  # noqa: PLC0415

        return Feedback(self.outcomes, self.advisor)

    @cached_property
    def advisor(self) -> Advisor:
        """What earlier answers say of the next one."""
        from edgeroute.engine.deciding.advisor import Advisor  # noqa: PLC0415

        return Advisor(self.outcomes, self.paths.models)

    @cached_property
    def classifier(self) -> TaskClassifier:
        """Names the task of a prompt; without the sentence model from words and shape alone.

        Raises:
            SettingsError: the packaged files do not belong together.
        """
        from edgeroute.routing.signals.classifier import TaskClassifier  # noqa: PLC0415

        return TaskClassifier.load(self.paths.models)

    @cached_property
    def telemetry(self) -> Telemetry:
        """The exporter for the user's collector; silent without one."""
        from edgeroute.engine.recording.telemetry import Telemetry  # noqa: PLC0415

        told = self.settings.telemetry
        return Telemetry(told.endpoint, self.gate, self.door, content=told.content)

    @cached_property
    def engine(self) -> Engine:
        """The one way of a prompt.

        Raises:
            SettingsError: a policy or provider file is not valid.
        """
        from edgeroute.engine.deciding.decider import Decider, Preferences  # noqa: PLC0415
        from edgeroute.engine.deciding.masking import Masking  # noqa: PLC0415
        from edgeroute.engine.deciding.session import Sessions  # noqa: PLC0415
        from edgeroute.engine.engine import Engine  # noqa: PLC0415
        from edgeroute.engine.recording.recorder import Recorder  # noqa: PLC0415
        from edgeroute.engine.recording.spend_alerts import SpendAlerts  # noqa: PLC0415
        from edgeroute.engine.running.fallback import Fallback  # noqa: PLC0415
        from edgeroute.engine.running.model_calls import ModelCalls  # noqa: PLC0415
        from edgeroute.engine.running.runner import Runner  # noqa: PLC0415
        from edgeroute.engine.running.strategy import StrategyRunner  # noqa: PLC0415

        self.check()
        user = config.system_user()
        sessions = Sessions(self.conversations, self.settings.privacy.mode)
        decider = Decider(
            sessions=sessions,
            inspector=self.inspector,
            masking=Masking(self.conversations, self.inspector, self.privacy_policy),
            policy=lambda: self.policy,
            tiers=lambda: self.tiers,
            catalog=self.catalog,
            local=self.local,
            router_state=self.router_state,
            advisor=self.advisor,
            classifier=lambda: self.classifier,
            preferences=Preferences(self.settings.router.tier, self.enterprise, user),
            clock=self.clock,
        )
        attempts = ModelCalls(
            catalog=self.catalog,
            gate=self.gate,
            client=self.client,
            keys=self.keys,
            local=self.local,
            sessions=sessions,
            policy=lambda: self.policy,
            salt=self._salt,
            clock=self.clock,
        )
        recorder = Recorder(
            receipts=self.receipts,
            ledger=self.ledger,
            conversations=self.conversations,
            router_state=self.router_state,
            watch=SpendAlerts(
                ledger=self.ledger,
                alerts=self.alerts,
                budget=self.limits,
                command=self.settings.alerts.command,
                clock=self.clock,
            ),
            feedback=self.memory,
            premium=self.catalog.card(_PREMIUM),
            user=user,
            clock=self.clock,
        )
        delivery = Fallback(attempts, self.health, self.resilience, self.clock, Random())  # noqa: S311
        strategy = StrategyRunner(attempts, self.health, self.resilience, self.clock)
        answering = Runner(attempts, delivery, strategy, lambda: self.policy)
        return Engine(decider, answering, recorder, self.telemetry, self.clock)
