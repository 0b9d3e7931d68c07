"""How much may be spent, and what happens when it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from edgeroute.store.records.ledger import Ledger

AtLimit = Literal["local", "cheaper", "ask"]

_EVER: Final = datetime.min.replace(tzinfo=UTC)


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

    def spending(self, ledger: Ledger, conversation: str) -> list[tuple[str, Decimal, Decimal]]:
        """The name of each budget, its limit and what is spent of it.

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
        return spending
