"""What a person looks after from a front door: policies, local models, alerts, the installation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from edgeroute.core.local_models import OnProgress
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.local import LocalParts
from edgeroute.wiring.privacy import PrivacyParts
from edgeroute.wiring.providers import ProviderParts
from edgeroute.wiring.routing import RoutingParts
from edgeroute.wiring.stores import StoreParts

if TYPE_CHECKING:
    from edgeroute.core.spending import AlertRepository
    from edgeroute.engine.admin.policies import Policies
    from edgeroute.engine.admin.self_check import SelfCheck
    from edgeroute.engine.deciding.advisor import Advisor
    from edgeroute.local.files.models import LocalModels, Pulled


@dataclass(eq=False, repr=False)
class AdminParts:
    """The services of administration."""

    _installation: Installation
    _stores: StoreParts
    _privacy: PrivacyParts
    _providers: ProviderParts
    _local: LocalParts
    _routing: RoutingParts

    @property
    def alerts(self) -> AlertRepository:
        """What the user should know about money and use."""
        return self._stores.alerts

    @cached_property
    def policies(self) -> Policies:
        """The routing policies that this installation can use."""
        from edgeroute.engine.admin.policies import Policies  # noqa: PLC0415

        return Policies(
            self._installation.rules,
            current=lambda: self._routing.policy,
            tiers=lambda: self._routing.tiers,
            cards=self._providers.catalog.cards,
            ready=self._providers.service.ready,
            clock=self._installation.clock,
        )

    @property
    def advisor(self) -> Advisor:
        """What earlier answers say of models and rules."""
        return self._routing.advisor

    @cached_property
    def self_check(self) -> SelfCheck:
        """Whether what is kept and what reads prompts is in order."""
        from edgeroute.engine.admin.self_check import SelfCheck  # noqa: PLC0415

        return SelfCheck(self._stores.keys, self._stores.database, self._privacy.load_detector)

    @property
    def models(self) -> LocalModels:
        """The model files of this machine."""
        return self._local.models

    async def pull(self, model: str, progress: OnProgress) -> Pulled:
        """Fetch a local model (``auto``: the best for this machine) through the egress door.

        Raises:
            LocalModelError: unknown, not to be had, no room, or the place is not safe.
        """
        fetch = partial(self._providers.door.download, hosts=self.models.hosts)
        return await self.models.pull(model, fetch, progress)
