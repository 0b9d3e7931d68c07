"""Routing policies as a front door shows them: which there are, what is wrong, what a rule does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgeroute.core.clock import Clock
from edgeroute.core.names import unknown

if TYPE_CHECKING:
    from edgeroute.core.model_card import ModelCard
    from edgeroute.routing.policy.check import PolicyProblem
    from edgeroute.routing.policy.in_force import RulesInForce
    from edgeroute.routing.policy.policy import RoutingPolicy
    from edgeroute.routing.policy.policy_tests import Result
    from edgeroute.routing.policy.tiers import Tiers


class Policies:
    """The packaged policies and the user's own.

    ``cards`` are the managed models and ``ready`` the providers that have a key or need none.
    """

    def __init__(
        self,
        rules: RulesInForce,
        cards: Mapping[str, ModelCard],
        ready: Callable[[], Collection[str]],
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._own = rules.own
        self._cards = cards
        self._ready = ready
        self._clock = clock

    @property
    def current(self) -> RoutingPolicy:
        """The policy in force.

        Raises:
            SettingsError: it is not valid and there is no earlier one, with file and line.
        """
        return self._rules.policy()

    @property
    def tiers(self) -> Tiers:
        """Tiers, roles and ladders.

        Raises:
            SettingsError: rules/tiers.yaml is not valid and there is no earlier one.
        """
        return self._rules.tiers()

    def names(self) -> Sequence[str]:
        """The policies that can be named.

        Raises:
            SettingsError: a file is not YAML.
        """
        from edgeroute.routing.policy.policy import policy_names  # noqa: PLC0415

        return policy_names(self._own)

    def named(self, name: str) -> RoutingPolicy:
        """The policy ``name``, or the one in the file ``name``.

        Raises:
            UnknownName: there is none; with those that there are.
            SettingsError: it is wrong, with file and line.
        """
        from edgeroute.routing.policy.policy import RoutingPolicy, policy_names  # noqa: PLC0415

        if Path(name).is_file():
            return RoutingPolicy.load(Path(name))
        known = policy_names(self._own)
        if name not in known:
            raise unknown("policy", name, known)
        return RoutingPolicy.named(name, self._own)

    def check(self, name: str) -> Sequence[PolicyProblem]:
        """What is wrong with a policy that loads.

        Missing keys are left out where there is none at all: that is said once, not by each rule.

        Raises:
            SettingsError: it does not load, with file and line.
        """
        from edgeroute.routing.policy.check import check  # noqa: PLC0415

        ready = self._ready() or None
        today = self._clock.now().astimezone().date()
        return check(self.named(name), self.tiers, self._cards, today, ready)

    def explain(self, policy: str, rule: str) -> str:
        """A rule of ``policy``, or a finding of the check by its code, as Markdown.

        Raises:
            UnknownName: there is no such rule or policy.
        """
        from edgeroute.routing.policy.explain import explain  # noqa: PLC0415

        found = self.named(policy)
        text = explain(found, self.tiers, rule)
        if not text:
            raise unknown("rule", rule, [one.id for one in found.rules], within=found.name)
        return text

    def test(self, file: Path, policy: str = "") -> Sequence[Result]:
        """What became of the expectations in ``file``, for its own policy or for ``policy``.

        Raises:
            SettingsError: the file or the policy is wrong, with file and line.
        """
        from edgeroute.routing.policy.policy_tests import run_expectations  # noqa: PLC0415

        return run_expectations(file, self._own, self.named(policy) if policy else None)
