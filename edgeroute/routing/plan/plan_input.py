"""Everything that a plan depends on, and the names under which conditions know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import Commit, FrontDoor, Tier
from edgeroute.core.signals import Signals
from edgeroute.core.verdict import PrivacyMode
from edgeroute.routing.learning.neighbours import Advice
from edgeroute.routing.plan.eligibility import RoutingContext
from edgeroute.routing.plan.stickiness import Holding
from edgeroute.routing.policy.conditions import Facts
from edgeroute.routing.policy.policy import RoutingPolicy
from edgeroute.routing.policy.tiers import LOCAL, Tiers

STRATEGY_NAMES: Final = frozenset({"cascade", "ensemble"})
AUTO: Final = frozenset({"", "auto"})


@dataclass(frozen=True, slots=True)
class PlanInput:
    """Everything that a plan depends on.

    ``private`` says that the prompt must stay here (personal data, mode, latch); ``private_reason``
    is the sentence for it. In mode ``mask`` a prompt that could be masked is not private.
    ``model`` is what the caller asked for: ``auto``, ``local``, ``cascade``, ``ensemble`` or a
    friendly id; ``wish`` says it in a sentence. ``local`` is the id of the local model in use, or
    of the one that is asked for.
    ``enterprise`` is the provider that may see internal code. ``cards`` holds managed and local
    models by friendly id; ``same_as`` maps a model to the one whose weights it serves.
    """

    policy: RoutingPolicy
    tiers: Tiers
    signals: Signals
    cards: Mapping[str, ModelCard]
    context: RoutingContext
    private: bool = False
    private_reason: str = ""
    mode: PrivacyMode = PrivacyMode.AUTO
    tier: Tier = "balanced"
    model: str = "auto"
    wish: str = ""
    user: str = ""
    front_door: FrontDoor = "cli"
    commit: Commit | None = None
    needs_schema: bool = False
    local: str = LOCAL
    enterprise: str = ""
    same_as: Mapping[str, str] = field(default_factory=dict)
    spent_today: float = 0.0
    holding: Holding | None = None
    advice: Advice | None = None

    @property
    def named(self) -> bool:
        """Whether the caller named one managed model, which no other vendor's replaces."""
        return not self.only_here and self.model not in AUTO | STRATEGY_NAMES

    @property
    def only_here(self) -> bool:
        """Whether the caller asked for a model on this machine, which nothing else replaces."""
        return self.model.partition("/")[0] == LOCAL


def facts(request: PlanInput) -> Facts:
    """The names that conditions know, as they are for this request."""
    signals = request.signals
    return {
        "task": signals.task,
        "complexity": signals.complexity,
        "input_tokens": float(signals.input_tokens),
        "output_tokens": float(signals.output_tokens),
        "tier": request.tier,
        "domain": signals.domain,
        "language": signals.language,
        "has_images": signals.has_images,
        "has_tools": signals.has_tools,
        "has_code": signals.has_code,
        "has_files": signals.has_files,
        "internal_code": signals.internal_code,
        "agent": signals.agent,
        "role": signals.role,
        "privacy": "private" if request.private else request.mode.value,
        "user": request.user,
        "front_door": request.front_door,
        "hour": float(request.context.now.hour),
        "turns": float(signals.turns),
        "steps": float(signals.steps),
        "failures": float(signals.failures),
        "spent_today": request.spent_today,
    }
