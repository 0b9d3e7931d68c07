"""Tokens and money, counted the same way for every provider."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Literal

CostBasis = Literal["reported", "computed", "estimated", "unknown"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one attempt, in disjoint classes.

    ``cache_write_short`` lives 5 to 30 minutes and ``cache_write_long`` 1 to 12 hours, by provider.
    ``reported_cost`` is USD as the provider states it. ``estimated`` marks counts of our own
    where the provider sent none.
    """

    input_uncached: int = 0
    cache_read: int = 0
    cache_write_short: int = 0
    cache_write_long: int = 0
    output_visible: int = 0
    output_reasoning: int = 0
    reported_cost: Decimal | None = None
    estimated: bool = False

    @property
    def input(self) -> int:
        """All input tokens, cached or not."""
        return (
            self.input_uncached + self.cache_read + self.cache_write_short + self.cache_write_long
        )

    @property
    def output(self) -> int:
        """All output tokens, reasoning included."""
        return self.output_visible + self.output_reasoning

    @property
    def total(self) -> int:
        """Input and output tokens together."""
        return self.input + self.output

    def __add__(self, other: Usage) -> Usage:
        """The sum of two attempts; a cost is reported only where both report one."""
        counts = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name not in {"reported_cost", "estimated"}
        }
        both = self.reported_cost is not None and other.reported_cost is not None
        return Usage(
            **counts,
            reported_cost=(self.reported_cost or Decimal(0)) + (other.reported_cost or Decimal(0))
            if both
            else None,
            estimated=self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """Money in USD. An unknown cost has no amount: it is never shown as 0."""

    amount: Decimal | None
    basis: CostBasis

    def __add__(self, other: Cost) -> Cost:
        """The sum; it is only as well known as its weaker part.

        What is free adds nothing that is known of an unknown rest.
        """
        order: tuple[CostBasis, ...] = ("reported", "computed", "estimated", "unknown")
        basis = max(self.basis, other.basis, key=order.index)
        known = [cost.amount for cost in (self, other) if cost.amount is not None]
        if basis == "unknown":
            known = [amount for amount in known if amount]
        return Cost(sum(known, Decimal(0)) if known else None, basis)


FREE = Cost(Decimal(0), "computed")
UNKNOWN_COST = Cost(None, "unknown")
