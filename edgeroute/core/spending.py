"""Use and money, summed up, and alerts about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, Protocol, get_args

from edgeroute.core.comparison import Comparison
from edgeroute.core.usage import Cost, Usage

By = Literal["model", "task", "user", "day", "provider", "rule", "conversation", "client"]
GROUPS: Final[tuple[By, ...]] = get_args(By)


@dataclass(frozen=True, slots=True)
class SpendRow:
    """Use and money of one model, task, user, day ... (``label``).

    ``calls`` counts requests, ``turns`` what users asked for (an agent makes many calls for it),
    ``attempts`` the models tried and ``failures`` those that failed; a model whose answer was set
    aside for another one did not. ``cost`` sums what is known (None where nothing is) and
    ``unknown`` counts attempts of unknown cost. ``cache_saved`` is what prompt caches saved.

    ``compared`` counts the calls of which it is known what they would have cost with one model for
    everything and the same caching. Of these alone, ``compared_cost`` is what they did cost,
    ``baseline`` what ``baseline_model``, the best current one, would have cost, and ``single`` the
    same for ``single_model``, the cheapest of its grade.
    """

    label: str
    calls: int
    attempts: int
    failures: int
    usage: Usage
    cost: Decimal | None
    unknown: int
    baseline: Decimal | None
    cache_saved: Decimal | None
    turns: int = 0
    compared: int = 0
    compared_cost: Decimal | None = None
    baseline_model: str = ""
    single: Decimal | None = None
    single_model: str = ""

    @property
    def spent(self) -> Cost:
        """What it cost; a sum that lacks something is never all of it, and never free."""
        if not self.calls:
            return Cost(Decimal(0), "computed")
        if not self.unknown:
            return Cost(self.cost, "computed" if self.cost is not None else "unknown")
        return Cost(self.cost or None, "unknown")

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.usage.total

    @property
    def cache_hit_rate(self) -> float:
        """The share of input tokens that came from a prompt cache, in 0..1."""
        return self.usage.cache_read / self.usage.input if self.usage.input else 0.0

    @property
    def comparison(self) -> Comparison | None:
        """The ``compared`` calls beside one model for everything; None where there are none."""
        if self.baseline is None or self.compared_cost is None:
            return None
        models = self.baseline_model, self.single_model
        return Comparison(self.compared_cost, self.baseline, models[0], self.single, models[1])

    @property
    def cost_each_turn(self) -> Decimal | None:
        """The cost of one finished task; None where that of any attempt is not known."""
        if self.cost is None or self.unknown or not self.turns:
            return None
        return self.cost / self.turns


class SpendingRepository(Protocol):
    """What was used and spent, to be read."""

    def rows(self, by: By, *, since: datetime | None = None) -> Sequence[SpendRow]:
        """Sums for each ``by`` from ``since`` on, the dearest first (days: the latest first)."""
        ...

    def total(self, *, since: datetime | None = None) -> SpendRow:
        """The sums over everything from ``since`` on."""
        ...

    def today(self) -> Decimal:
        """Known cost of this day."""
        ...

    def of_today(self) -> SpendRow:
        """The sums over this day."""
        ...


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. ``kind`` is a stable word such as ``budget``; ``message`` is a sentence."""

    id: int
    created: datetime
    kind: str
    message: str
    conversation: str = ""
    receipt: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    seen: bool = False


class AlertRepository(Protocol):
    """All alerts, and which of them the user has seen."""

    def list(self, *, unseen: bool = False, limit: int = 200) -> Sequence[Alert]:
        """Alerts, latest first; with ``unseen`` only those not yet marked as seen."""
        ...

    def mark_seen(self, up_to: int | None = None) -> int:
        """Mark the alerts up to number ``up_to`` (default: all) as seen; how many were not."""
        ...
