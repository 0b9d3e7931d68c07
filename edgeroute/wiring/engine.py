"""The engine: what decides, what calls models, what records, and what learns from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from edgeroute import config
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.local import LocalParts
from edgeroute.wiring.privacy import PrivacyParts
from edgeroute.wiring.providers import ProviderParts
from edgeroute.wiring.routing import RoutingParts
from edgeroute.wiring.stores import StoreParts

if TYPE_CHECKING:
    from edgeroute.engine.deciding.decider import Decider
    from edgeroute.engine.deciding.session import Sessions
    from edgeroute.engine.engine import Engine
    from edgeroute.engine.recording.feedback import Feedback
    from edgeroute.engine.recording.recorder import Recorder
    from edgeroute.engine.recording.telemetry import Telemetry
    from edgeroute.engine.running.runner import Runner

_SESSIONS_SECRET = "provider sessions"  # noqa: S105 - a name
_PREMIUM = "anthropic/claude-opus-4.7"


@dataclass(eq=False, repr=False)
class EngineParts:
    """The parts of the engine."""

    _installation: Installation
    _stores: StoreParts
    _privacy: PrivacyParts
    _providers: ProviderParts
    _local: LocalParts
    _routing: RoutingParts

    @cached_property
    def engine(self) -> Engine:
        """The one way of a prompt.

        Raises:
            SettingsError: a policy or provider file is not valid.
        """
        from edgeroute.engine.engine import Engine  # noqa: PLC0415

        clock = self._installation.clock
        return Engine(self.decider, self.runner, self.recorder, self.telemetry, clock)

    @cached_property
    def _user(self) -> str:
        return config.system_user()

    @cached_property
    def sessions(self) -> Sessions:
        """The conversations that requests belong to."""
        from edgeroute.engine.deciding.session import Sessions  # noqa: PLC0415

        mode = self._installation.settings.privacy.mode
        return Sessions(self._stores.conversations, self._stores.prefixes, mode)

    @cached_property
    def feedback(self) -> Feedback:
        """What became of earlier answers."""
        from edgeroute.engine.recording.feedback import Feedback  # noqa: PLC0415

        return Feedback(self._stores.outcomes, self._routing.advisor)

    @cached_property
    def telemetry(self) -> Telemetry:
        """The exporter for the user's collector; silent without one."""
        from edgeroute.engine.recording.telemetry import Telemetry  # noqa: PLC0415

        wanted = self._installation.settings.telemetry
        gate, door = self._privacy.gate, self._providers.door
        return Telemetry(wanted.endpoint, gate, door, content=wanted.content)

    @cached_property
    def decider(self) -> Decider:
        """Decides where a request goes."""
        from edgeroute.engine.deciding.decider import Decider, Preferences  # noqa: PLC0415
        from edgeroute.engine.deciding.masking import Masking  # noqa: PLC0415

        tier = self._installation.settings.router.tier
        inspector = self._privacy.inspector
        return Decider(
            sessions=self.sessions,
            inspector=inspector,
            masking=Masking(self._stores.masks, inspector, self._privacy.policy),
            policy=lambda: self._routing.policy,
            tiers=lambda: self._routing.tiers,
            catalog=self._providers.catalog,
            local=self._local.backend,
            router_state=self._routing.state,
            advisor=self._routing.advisor,
            classifier=lambda: self._routing.classifier,
            preferences=Preferences(tier, self._providers.enterprise, self._user),
            clock=self._installation.clock,
        )

    @cached_property
    def runner(self) -> Runner:
        """Asks the models of a plan."""
        from edgeroute.engine.running.fallback import Fallback  # noqa: PLC0415
        from edgeroute.engine.running.model_calls import ModelCalls  # noqa: PLC0415
        from edgeroute.engine.running.runner import Runner  # noqa: PLC0415
        from edgeroute.engine.running.strategy import StrategyRunner  # noqa: PLC0415

        clock, providers = self._installation.clock, self._providers
        calls = ModelCalls(
            catalog=providers.catalog,
            gate=self._privacy.gate,
            client=providers.client,
            keys=self._stores.keys,
            local=self._local.backend,
            sessions=self.sessions,
            policy=lambda: self._routing.policy,
            salt=lambda: self._stores.secret(_SESSIONS_SECRET),
            clock=clock,
        )
        health, resilience = providers.health, providers.resilience
        fallback = Fallback(calls, health, resilience, clock, Random())  # noqa: S311
        strategy = StrategyRunner(calls, health, resilience, clock)
        return Runner(calls, fallback, strategy, lambda: self._routing.policy)

    @cached_property
    def recorder(self) -> Recorder:
        """Writes down what happened."""
        from edgeroute.engine.recording.recorder import Recorder  # noqa: PLC0415
        from edgeroute.engine.recording.spend_alerts import SpendAlerts  # noqa: PLC0415

        stores, clock = self._stores, self._installation.clock
        return Recorder(
            receipts=stores.receipts,
            ledger=stores.ledger,
            conversations=stores.conversations,
            prefixes=stores.prefixes,
            router_state=self._routing.state,
            watch=SpendAlerts(
                ledger=stores.ledger,
                alerts=stores.alerts,
                budget=self._routing.budget,
                command=self._installation.settings.alerts.command,
                clock=clock,
            ),
            feedback=self.feedback,
            premium=self._providers.catalog.card(_PREMIUM),
            user=self._user,
            clock=clock,
        )

    async def close(self) -> None:
        """Let go of the exporter."""
        if "telemetry" in self.__dict__:
            await self.telemetry.close()
