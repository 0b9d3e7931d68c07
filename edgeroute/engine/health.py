"""What holds for all providers at this moment: keys, breakers, limits, budget, caches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from edgeroute.core.clock import Clock
from edgeroute.core.errors import StoreError
from edgeroute.core.usage import Usage

if TYPE_CHECKING:
    from edgeroute.routing.fitness import Circumstances
    from edgeroute.routing.stickiness import Holding
    from edgeroute.store.ledger import Ledger

_KNOWN_CACHES: Final = 1_000
_EVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets in USD; 0 is no limit."""

    daily: Decimal = Decimal(0)
    monthly: Decimal = Decimal(0)
    conversation: Decimal = Decimal(0)


class Health:
    """The state of the providers as the planner sees it.

    ``ready`` are the providers that have a key or need none. ``blocked`` and ``limited`` map a
    provider or model to the sentence that says why it should not, or not now, be asked.
    """

    def __init__(
        self,
        *,
        ready: Callable[[], Collection[str]],
        blocked: Callable[[], Mapping[str, str]],
        limited: Callable[[], Mapping[str, str]],
        ledger: Ledger,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._ready = ready
        self._blocked = blocked
        self._limited = limited
        self._ledger = ledger
        self._limits = limits
        self._clock = clock
        self._holdings: dict[str, Holding] = {}

    def circumstances(self, conversation: str) -> Circumstances:
        """What the planner must know besides the request itself."""
        from edgeroute.routing.fitness import Circumstances  # noqa: PLC0415

        return Circumstances(
            now=self._clock.now().astimezone(),
            ready=self._ready(),
            blocked=self._blocked(),
            limited=self._limited(),
            budget_left=self.budget_left(conversation),
        )

    def spent_today(self) -> Decimal:
        """Known cost of this day in USD; 0 where the ledger cannot be read."""
        try:
            return self._ledger.today()
        except StoreError:
            return Decimal(0)

    def budget_left(self, conversation: str) -> Decimal | None:
        """USD left under the tightest limit; None without limits.

        A ledger that cannot be read leaves nothing: a limit that nobody can check is not spent.
        """
        try:
            left = [limit - spent for limit, spent in self._spending(conversation)]
        except StoreError:
            return Decimal(0)
        return min(left) if left else None

    def _spending(self, conversation: str) -> list[tuple[Decimal, Decimal]]:
        spending = []
        if self._limits.daily:
            spending.append((self._limits.daily, self._ledger.today()))
        if self._limits.monthly:
            spending.append((self._limits.monthly, self._ledger.month()))
        if self._limits.conversation and conversation:
            spent = self._ledger.spent(_EVER, conversation=conversation)
            spending.append((self._limits.conversation, spent))
        return spending

    def holding(self, conversation: str) -> Holding | None:
        """The model that keeps the conversation's prompt in its cache, if one does."""
        return self._holdings.get(conversation)

    def answered(self, conversation: str, model: str, usage: Usage, task: str) -> None:
        """Remember who answered last, and how much of the prompt it now keeps."""
        from edgeroute.routing.stickiness import Holding  # noqa: PLC0415

        while len(self._holdings) >= _KNOWN_CACHES and conversation not in self._holdings:
            del self._holdings[next(iter(self._holdings))]
        kept = usage.cache_read + usage.cache_write_short + usage.cache_write_long
        self._holdings[conversation] = Holding(model, kept, task)
