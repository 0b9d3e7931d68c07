"""What the planner must know besides the request: keys, breakers, limits, budget, caches."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from edgeroute.core.clock import Clock
from edgeroute.core.errors import StoreError
from edgeroute.core.request import ClientProfile
from edgeroute.core.usage import Usage

if TYPE_CHECKING:
    from edgeroute.engine.deciding.shared_health import SharedHealth
    from edgeroute.routing.plan.eligibility import RoutingContext
    from edgeroute.routing.plan.stickiness import Holding
    from edgeroute.store.records.ledger import Ledger

_KNOWN_CACHES: Final = 1_000
AtLimit = Literal["local", "cheaper", "ask"]
_EVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(kw_only=True, eq=False, repr=False)
class RouterState:
    """The state of providers and money as the planner sees it.

    ``ready`` names the providers that have a key or need none; ``shared`` is what all processes
    have learned of them. ``local_absent`` says why no local model can answer yet; empty where one
    can.
    """

    ready: Callable[[], Collection[str]]
    shared: SharedHealth
    ledger: Ledger
    budget: Budget
    clock: Clock
    local_absent: Callable[[], str] = str
    _holdings: dict[str, Holding] = field(default_factory=dict)

    def context(self, conversation: str, client: ClientProfile | None = None) -> RoutingContext:
        """What the planner must know besides the request itself, which ``client`` makes."""
        from edgeroute.routing.plan.eligibility import RoutingContext  # noqa: PLC0415

        self.shared.take_in()
        report = self.shared.health.report(self.clock.monotonic())
        return RoutingContext(
            now=self.clock.now().astimezone(),
            ready=self.ready(),
            blocked={line.target: line.sentence for line in report if line.sentence},
            limited={line.target: line.limit for line in report if line.limit},
            budget_left=self.budget_left(conversation, client),
            local_absent=self.local_absent(),
        )

    def remember(self) -> None:
        """Tell other processes, and later ones, what was learned of the providers.

        Raises:
            StoreError: it cannot be kept.
        """
        self.shared.exchange()

    def spent_today(self) -> Decimal:
        """Known cost of this day in USD; 0 where the ledger cannot be read."""
        try:
            return self.ledger.today()
        except StoreError:
            return Decimal(0)

    def budget_left(self, conversation: str, client: ClientProfile | None = None) -> Decimal | None:
        """USD left under the tightest limit that keeps prompts here; None without one.

        A ledger that cannot be read leaves nothing: a limit that nobody can check is not spent.
        """
        if self.budget.at_limit != "local":
            return None
        try:
            spending = self.budget.spending(self.ledger, conversation, client)
        except StoreError:
            return Decimal(0)
        return min((limit - spent for _, limit, spent in spending), default=None)

    def used_up(self, conversation: str, client: ClientProfile | None = None) -> str:
        """The sentence about a budget that is used up; empty while there is some left."""
        try:
            spending = self.budget.spending(self.ledger, conversation, client)
        except StoreError:
            return "The budget cannot be checked."
        for name, limit, spent in spending:
            if spent >= limit:
                return f"The {name} budget of ${limit:.2f} is used up."
        return ""

    @property
    def at_limit(self) -> AtLimit:
        """What happens when a budget is used up."""
        return self.budget.at_limit

    def holding(self, conversation: str) -> Holding | None:
        """The model that keeps the conversation's prompt in its cache, if one does."""
        return self._holdings.get(conversation)

    def answered(
        self,
        conversation: str,
        model: str,
        usage: Usage,
        task: str,
        *,
        turn: int = 0,
        rule: str = "",
    ) -> None:
        """Remember who answered last, for which turn, and how much of the prompt it now keeps."""
        from edgeroute.routing.plan.stickiness import Holding  # noqa: PLC0415

        while len(self._holdings) >= _KNOWN_CACHES and conversation not in self._holdings:
            del self._holdings[next(iter(self._holdings))]
        kept = usage.cache_read + usage.cache_write_short + usage.cache_write_long
        self._holdings[conversation] = Holding(
            model, kept, task, usage.input, self.clock.now(), turn, rule
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """Budgets in USD; 0 is no limit.

    ``at_limit`` is what happens when one is used up: ``local`` answers here, ``cheaper`` allows
    small models only, ``ask`` refuses until the user decides.
    """

    daily: Decimal = Decimal(0)
    monthly: Decimal = Decimal(0)
    conversation: Decimal = Decimal(0)
    at_limit: AtLimit = "local"

    def spending(
        self, ledger: Ledger, conversation: str, client: ClientProfile | None = None
    ) -> list[tuple[str, Decimal, Decimal]]:
        """The name of each budget, its limit and what is spent of it; ``client``'s own included.

        Raises:
            StoreError: the ledger cannot be read.
        """
        spending = []
        if self.daily:
            spending.append(("daily", self.daily, ledger.today()))
        if self.monthly:
            spending.append(("monthly", self.monthly, ledger.month()))
        if self.conversation and conversation:
            spent = ledger.spent(_EVER, conversation=conversation)
            spending.append(("conversation", self.conversation, spent))
        if client is not None and client.daily_usd:
            spent = ledger.today(client.name)
            spending.append((f"{client.name} daily", client.daily_usd, spent))
        return spending
