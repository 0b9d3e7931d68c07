"""What is known of a model: limits, abilities, and its prices over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from edgeroute.core.usage import Cost, Usage

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Rate:
    """USD per million tokens. A class without a price of its own costs what input costs."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write_short: Decimal | None = None
    cache_write_long: Decimal | None = None

    def cost(self, usage: Usage) -> Decimal:
        """What ``usage`` costs at this rate, in USD."""

        def price(own: Decimal | None) -> Decimal:
            return self.input if own is None else own

        return (
            usage.input_uncached * self.input
            + usage.cache_read * price(self.cache_read)
            + usage.cache_write_short * price(self.cache_write_short)
            + usage.cache_write_long * price(self.cache_write_long)
            + usage.output * self.output
        ) / MILLION


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One dated price.

    It holds from ``since`` (inclusive) to ``until`` (exclusive) for requests of more than
    ``above_input_tokens`` input tokens, inside ``peak`` hours only where that is set.
    ``source`` is the page it was read from and ``as_of`` the day of reading.
    """

    rate: Rate
    since: date | None = None
    until: date | None = None
    above_input_tokens: int = 0
    peak: bool = False
    source: str = ""
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class PeakHours:
    """Weekly hours of dearer prices, in UTC.

    ``windows`` are ``(start, end)`` hours on ``weekdays`` (Monday is 0), except on ``holidays``.
    """

    windows: tuple[tuple[float, float], ...]
    weekdays: frozenset[int] = frozenset(range(7))
    holidays: frozenset[date] = frozenset()

    def holds(self, moment: datetime) -> bool:
        """Whether ``moment`` (UTC) is inside the peak hours."""
        if moment.weekday() not in self.weekdays or moment.date() in self.holidays:
            return False
        hour = moment.hour + moment.minute / 60 + moment.second / 3600
        return any(start <= hour < end for start, end in self.windows)


@dataclass(frozen=True, slots=True)
class PriceList:
    """All dated prices of one model."""

    rows: Sequence[PriceRow] = ()
    peak: PeakHours | None = None

    def rate(self, moment: datetime, input_tokens: int = 0) -> Rate | None:
        """The rate for a request of ``input_tokens`` at ``moment`` (UTC), or None if unknown."""
        row = self.row(moment, input_tokens)
        return row.rate if row else None

    def row(self, moment: datetime, input_tokens: int = 0) -> PriceRow | None:
        """The price that holds for a request of ``input_tokens`` at ``moment`` (UTC), if known."""
        moment = moment.astimezone(UTC)
        today = moment.date()
        at_peak = self.peak is not None and self.peak.holds(moment)
        valid = [
            row
            for row in self.rows
            if (row.since is None or row.since <= today)
            and (row.until is None or today < row.until)
            and (row.above_input_tokens == 0 or input_tokens > row.above_input_tokens)
            and (at_peak or not row.peak)
        ]
        return max(
            valid,
            key=lambda row: (row.since or date.min, row.peak, row.above_input_tokens),
            default=None,
        )

    def cost(self, usage: Usage, moment: datetime) -> Cost:
        """The cost of ``usage`` at ``moment``: reported, else computed, else unknown."""
        if usage.reported_cost is not None:
            return Cost(usage.reported_cost, "reported")
        rate = self.rate(moment, usage.input)
        if rate is None:
            return Cost(None, "unknown")
        return Cost(rate.cost(usage), "estimated" if usage.estimated else "computed")


class Place(StrEnum):
    """Where a model runs, as far as privacy is concerned."""

    LOCAL = "local"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model under the id people type, such as ``anthropic/claude-haiku-4.5``.

    ``wire_id`` is the provider's own id. ``family`` names models that share a tokenizer and
    accept each other's reasoning payloads. ``grade`` ranks quality: 1 small, 2 middle, 3 best.
    ``token_factor`` scales the token estimate (1.0 is an OpenAI tokenizer).
    ``abilities`` holds words such as ``images``, ``tools``, ``json_schema``, ``reasoning``,
    ``files``, ``image_output``. ``quirks`` names functions in providers/catalog/quirks.py.
    """

    id: str
    provider: str
    wire_id: str
    wire: str = "openai-chat"
    place: Place = Place.CLOUD
    family: str = ""
    context_tokens: int = 128_000
    max_output_tokens: int = 8_192
    abilities: frozenset[str] = frozenset({"tools"})
    grade: int = 2
    token_factor: float = 1.0
    prices: PriceList = field(default_factory=PriceList)
    shutdown: date | None = None
    successor: str = ""
    cache_minimum_tokens: int = 1024
    quirks: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Whose reasoning payloads it gives and accepts: ``provider/family``."""
        return f"{self.provider}/{self.family or self.wire_id}"

    @property
    def thinks_silently(self) -> bool:
        """Whether it may think for long before its first byte."""
        return "silent_reasoning" in self.abilities

    def retired(self, today: date) -> bool:
        """Whether the provider has shut the model down by ``today``."""
        return self.shutdown is not None and self.shutdown <= today
