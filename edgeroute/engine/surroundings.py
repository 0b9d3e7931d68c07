"""What the planner must know besides the request: keys, breakers, limits, budget, caches."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from edgeroute.core.clock import Clock
from edgeroute.core.errors import StoreError
from edgeroute.core.usage import Usage

if TYPE_CHECKING:
    from edgeroute.providers.health import Health
    from edgeroute.routing.fitness import Circumstances
    from edgeroute.routing.stickiness import Holding
    from edgeroute.store.ledger import Ledger
    from edgeroute.store.states import States

_HEALTH: Final = "provider health"
_KNOWN_CACHES: Final = 1_000
_EVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets in USD; 0 is no limit."""

    daily: Decimal = Decimal(0)
    monthly: Decimal = Decimal(0)
    conversation: Decimal = Decimal(0)


class Surroundings:
    """The state of providers and money as the planner sees it.

    ``ready`` names the providers that have a key or need none; ``states`` keeps what was learned of
    them across restarts.
    """

    def __init__(
        self,
        *,
        ready: Callable[[], Collection[str]],
        health: Health,
        states: States,
        ledger: Ledger,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._ready = ready
        self._health = health
        self._states = states
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
            budget_left=self.budget_left(conversation),
        )

    def _blocked(self) -> dict[str, str]:
        """Providers that are not asked now, each with its sentence."""
        sentences = {}
        for line in self._health.report(self._clock.monotonic()):
            if line.trouble:
                sentences[line.provider] = f"{line.provider} is not asked: {line.trouble}."
            elif line.circuit == "open":
                sentences[line.provider] = (
                    f"{line.provider} failed several times and rests for {line.seconds:.0f} s more."
                )
        return sentences

    def remember(self) -> None:
        """Keep across a restart what was learned of the providers."""
        saved = self._health.dump(self._clock.monotonic(), self._clock.now().timestamp())
        self._states.set(_HEALTH, saved)

    def recall(self) -> None:
        """Take in what an earlier process learned of the providers; nothing if that is lost."""
        with suppress(StoreError):
            saved = self._states.get(_HEALTH, {})
            self._health.load(saved, self._clock.monotonic(), self._clock.now().timestamp())

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
