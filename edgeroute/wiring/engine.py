"""The engine: what decides, what calls models, what records, and what learns from it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache, cached_property, partial
from random import Random
from urllib.parse import urlsplit

from edgeroute import config
from edgeroute.core.comparison import Yardsticks
from edgeroute.engine.deciding.advisor import Advisor
from edgeroute.engine.deciding.decider import Decider, Preferences
from edgeroute.engine.deciding.masking import Masking
from edgeroute.engine.deciding.router_state import Budget, RouterState
from edgeroute.engine.deciding.session import Sessions
from edgeroute.engine.engine import Engine
from edgeroute.engine.recording.aftermath import Aftermath
from edgeroute.engine.recording.baseline import Baseline
from edgeroute.engine.recording.feedback import Feedback
from edgeroute.engine.recording.recorder import Recorder
from edgeroute.engine.recording.spend_alerts import SpendAlerts
from edgeroute.engine.recording.telemetry import Telemetry
from edgeroute.engine.running.circuit_checks import CircuitChecks
from edgeroute.engine.running.fallback import Fallback
from edgeroute.engine.running.model_calls import ModelCalls
from edgeroute.engine.running.runner import Runner
from edgeroute.engine.running.strategy import StrategyRunner
from edgeroute.providers.calling.client import Client
from edgeroute.routing.policy.in_force import RulesInForce
from edgeroute.routing.signals.classifier import TaskClassifier
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.local import LocalParts
from edgeroute.wiring.privacy import PrivacyParts
from edgeroute.wiring.providers import ProviderParts
from edgeroute.wiring.stores import StoreParts

_SESSIONS_SECRET = "provider sessions"  # noqa: S105 - a name


class EngineParts:
    """The parts of the engine, and of routing.

    Raises:
        SettingsError: from those that are built when they are first asked for: a policy or provider
            file is not valid.
    """

    def __init__(
        self,
        installation: Installation,
        stores: StoreParts,
        privacy: PrivacyParts,
        providers: ProviderParts,
        local: LocalParts,
    ) -> None:
        self.installation = installation
        self.stores = stores
        self.privacy = privacy
        self.providers = providers
        self.local = local
        router = installation.settings.router
        self.rules = RulesInForce(router.policy, installation.rules)
        self._user = config.system_user()
        self.advisor = Advisor(stores.outcomes, installation.paths.models)
        self.aftermath = Aftermath()
        self.feedback = Feedback(stores.outcomes, self.advisor, steps=router.learn_from_steps)
        self._yardsticks: tuple[datetime, Yardsticks] | None = None
        budget = installation.settings.budget
        self.budget = Budget(
            Decimal(str(budget.daily_usd)),
            Decimal(str(budget.monthly_usd)),
            Decimal(str(budget.conversation_usd)),
            budget.at_limit,
        )

    @cached_property
    def engine(self) -> Engine:
        """The one way of a prompt."""
        return Engine(
            self.decider,
            self._runner,
            self._recorder,
            self.installation.clock,
            aftermath=self.aftermath,
            telemetry=self.telemetry,
        )

    @cached_property
    def telemetry(self) -> Telemetry | None:
        """The exporter for the user's collector, if there is one."""
        wanted = self.installation.settings.telemetry
        collector = self.providers.collector
        if not wanted.endpoint:
            return None
        below = urlsplit(wanted.endpoint).path.rstrip("/")
        return Telemetry(
            collector,
            self.privacy.gate,
            self.providers.door,
            key=partial(self.stores.keys.get, collector.id, collector.key_variable),
            path=below + wanted.path,
            metrics=below + "/v1/metrics" if wanted.metrics else "",
            content=wanted.content,
        )

    @cached_property
    def _sessions(self) -> Sessions:
        mode = self.installation.settings.privacy.mode
        stores = self.stores
        return Sessions(
            stores.conversations, stores.prefixes, mode, self.privacy.rules, stores.loss.sentence
        )

    @cached_property
    def _state(self) -> RouterState:
        return RouterState(
            ready=self.providers.service.ready,
            shared=self.providers.shared_health,
            ledger=self.stores.ledger,
            budget=self.budget,
            clock=self.installation.clock,
            local_absent=lambda: self.local.preparing.absent,
        )

    @cached_property
    def _checks(self) -> CircuitChecks:
        shared, alive = self.providers.shared_health, self.providers.service.alive
        return CircuitChecks(shared, alive, self.installation.clock)

    @cached_property
    def decider(self) -> Decider:
        """Decides where a request goes."""
        installation, inspector = self.installation, self.privacy.inspector
        return Decider(
            sessions=self._sessions,
            inspector=inspector,
            masking=Masking(
                self.stores.masks, inspector, self.privacy.policy, self.privacy.allowed
            ),
            rules=self.rules,
            catalog=self.providers.catalog,
            local=self.local.backend,
            router_state=self._state,
            advisor=self.advisor,
            classifier=cache(partial(TaskClassifier.load, installation.paths.models)),
            preferences=Preferences(
                installation.settings.router.tier, self.providers.enterprise, self._user
            ),
            clock=installation.clock,
            yardsticks=self.yardsticks,
        )

    @cached_property
    def _runner(self) -> Runner:
        clock, providers, health = self.installation.clock, self.providers, self.providers.health
        calls = ModelCalls(
            catalog=providers.catalog,
            gate=self.privacy.gate,
            client=Client(providers.door, health.rate_limits, clock),
            keys=self.stores.keys,
            local=self.local.backend,
            sessions=self._sessions,
            rules=self.rules,
            salt=cache(partial(self.stores.secret, _SESSIONS_SECRET)),
            leaving=self._recorder.leaving,
            clock=clock,
        )
        tell = partial(self.aftermath.later, providers.shared_health.exchange)
        rng = Random()  # noqa: S311
        fallback = Fallback(calls, health, providers.resilience, clock, rng, tell)
        strategy = StrategyRunner(calls, health, providers.resilience, clock)
        return Runner(calls, fallback, strategy, self.rules, self._checks)

    @cached_property
    def _recorder(self) -> Recorder:
        stores, clock = self.stores, self.installation.clock
        return Recorder(
            transaction=stores.database.transaction,
            receipts=stores.receipts,
            sent=stores.sent,
            ledger=stores.ledger,
            conversations=stores.conversations,
            prefixes=stores.prefixes,
            router_state=self._state,
            watch=SpendAlerts(
                ledger=stores.ledger,
                alerts=stores.alerts,
                budget=self.budget,
                command=self.installation.settings.alerts.command,
                clock=clock,
            ),
            feedback=self.feedback,
            baseline=Baseline(yardsticks=self.yardsticks, card=self.providers.catalog.card),
            user=self._user,
            clock=clock,
        )

    def yardsticks(self) -> Yardsticks:
        """The models that costs are measured against, which can be others every minute."""
        from edgeroute.routing.policy.yardsticks import yardsticks  # noqa: PLC0415

        minute = self.installation.clock.now().replace(second=0, microsecond=0)
        known = self._yardsticks
        if known is None or known[0] != minute:
            found = yardsticks(self.rules.tiers(), self.providers.catalog.cards, minute)
            known = self._yardsticks = minute, found
        return known[1]

    async def close(self) -> None:
        """End what goes on after an answer, and let go of the exporter."""
        if checks := self.__dict__.get("_checks"):
            await checks.close()
        await self.aftermath.close()
        if exporter := self.__dict__.get("telemetry"):
            await exporter.close()
