"""What decides where a prompt goes: policy, tiers, task classifier, budgets, provider state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from edgeroute.wiring.installation import Installation
from edgeroute.wiring.providers import ProviderParts
from edgeroute.wiring.reloading import Reloaded
from edgeroute.wiring.stores import StoreParts

if TYPE_CHECKING:
    from edgeroute.engine.deciding.advisor import Advisor
    from edgeroute.engine.deciding.budget import Budget
    from edgeroute.engine.deciding.router_state import RouterState
    from edgeroute.routing.policy.policy import RoutingPolicy
    from edgeroute.routing.policy.tiers import Tiers
    from edgeroute.routing.signals.classifier import TaskClassifier


@dataclass(eq=False, repr=False)
class RoutingParts:
    """The parts of routing."""

    _installation: Installation
    _stores: StoreParts
    _providers: ProviderParts

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

        own = self._installation.rules
        return Reloaded(
            lambda: policy_file(self._installation.settings.router.policy, own),
            lambda: RoutingPolicy.named(self._installation.settings.router.policy, own),
        )

    @cached_property
    def _tiers_file(self) -> Reloaded[Tiers]:
        from edgeroute.routing.policy.tiers import Tiers, tiers_file  # noqa: PLC0415

        own = self._installation.rules
        return Reloaded(lambda: tiers_file(own), lambda: Tiers.load(own))

    @cached_property
    def classifier(self) -> TaskClassifier:
        """Names the task of a prompt; without the sentence model from words and shape alone.

        Raises:
            SettingsError: the packaged files do not belong together.
        """
        from edgeroute.routing.signals.classifier import TaskClassifier  # noqa: PLC0415

        return TaskClassifier.load(self._installation.paths.models)

    @cached_property
    def advisor(self) -> Advisor:
        """What earlier answers say of the next one."""
        from edgeroute.engine.deciding.advisor import Advisor  # noqa: PLC0415

        return Advisor(self._stores.outcomes, self._installation.paths.models)

    @property
    def budget(self) -> Budget:
        """The budgets."""
        from edgeroute.engine.deciding.budget import Budget  # noqa: PLC0415

        budget = self._installation.settings.budget
        return Budget(
            Decimal(str(budget.daily_usd)),
            Decimal(str(budget.monthly_usd)),
            Decimal(str(budget.conversation_usd)),
            budget.at_limit,
        )

    @cached_property
    def state(self) -> RouterState:
        """What the planner must know besides the request."""
        from edgeroute.engine.deciding.router_state import RouterState  # noqa: PLC0415

        state = RouterState(
            ready=self._providers.service.ready,
            health=self._providers.health,
            states=self._stores.states,
            ledger=self._stores.ledger,
            budget=self.budget,
            clock=self._installation.clock,
        )
        state.recall()
        return state
