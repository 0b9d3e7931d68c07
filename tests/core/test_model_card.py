"""When a model is gone, which price holds when, and what a usage costs at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from edgeroute.core.model_card import ModelCard, PeakHours, Place, PriceList, PriceRow, Rate
from edgeroute.core.usage import Cost, Usage

CARD = ModelCard("p/m", "p", "m", shutdown=date(2026, 11, 22))


def test_a_model_is_gone_from_its_last_day_on() -> None:
    """On the day of the shutdown it is not asked any more; without one it stays."""
    assert not CARD.retired(date(2026, 11, 21))
    assert CARD.retired(date(2026, 11, 22))
    assert CARD.retired(date(2026, 11, 23))
    assert not replace(CARD, shutdown=None).retired(date(2999, 1, 1))


def test_a_model_of_which_nothing_is_said_is_a_usual_one() -> None:
    """It runs elsewhere, speaks the common wire, calls tools, and its price is not known."""
    assert (CARD.place, CARD.wire, CARD.abilities) == (
        Place.CLOUD,
        "openai-chat",
        frozenset({"tools"}),
    )
    assert (CARD.context_tokens, CARD.max_output_tokens, CARD.grade) == (128_000, 8_192, 2)
    assert (CARD.token_factor, CARD.cache_minimum_tokens) == (1.0, 1024)
    assert not CARD.prices.rows
    assert (CARD.family, CARD.successor, CARD.quirks) == ("", "", ())
    assert [str(place) for place in Place] == ["local", "cloud"]


def test_an_origin_names_provider_and_family() -> None:
    """Without a family a model is its own."""
    assert CARD.origin == "p/m"
    assert replace(CARD, family="f").origin == "p/f"


MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


def row(price: int, **conditions: object) -> PriceRow:
    """A row whose input costs ``price``."""
    return PriceRow(Rate(Decimal(price), Decimal(100)), **conditions)  # type: ignore[arg-type]


def price(rows: PriceList, moment: datetime = MONDAY, tokens: int = 0) -> int | None:
    """The input price that holds."""
    rate = rows.rate(moment, tokens)
    return int(rate.input) if rate else None


def test_every_class_of_tokens_has_its_price() -> None:
    """USD per million tokens, class by class; output counts with its reasoning."""
    rate = Rate(Decimal(1), Decimal(10), Decimal("0.1"), Decimal("1.25"), Decimal(2))
    usage = Usage(1_000_000, 2_000_000, 4_000_000, 8_000_000, 300_000, 200_000)
    assert rate.cost(usage) == Decimal("27.2")


def test_a_class_without_a_price_costs_what_input_costs() -> None:
    """A free class has the price 0, which is a price."""
    usage = Usage(0, 1_000_000, 1_000_000, 1_000_000)
    assert Rate(Decimal(3), Decimal(10)).cost(usage) == 9
    assert Rate(Decimal(3), Decimal(10), Decimal(0), Decimal(0), Decimal(0)).cost(usage) == 0


def test_a_price_holds_from_its_first_day_to_the_day_before_its_end() -> None:
    """The latest row that has begun counts; a row that has ended does not."""
    rows = PriceList((row(1, until=date(2026, 12, 1)), row(2, since=date(2026, 11, 23))))
    assert price(rows, MONDAY - timedelta(days=1)) == 1
    assert price(rows) == 2
    over = PriceList((row(1, until=date(2026, 11, 23)),))
    assert price(over, MONDAY - timedelta(days=1)) == 1
    assert price(over) is None
    assert price(PriceList((row(2, since=date(2026, 11, 24)),))) is None


def test_the_day_is_that_of_utc() -> None:
    """A price that begins today holds where it is still yesterday."""
    rows = PriceList((row(2, since=date(2026, 11, 23)),))
    west = timezone(timedelta(hours=-12))
    assert price(rows, datetime(2026, 11, 22, 13, tzinfo=west)) == 2
    assert price(rows, datetime(2026, 11, 22, 11, tzinfo=west)) is None


def test_long_prompts_have_their_own_price() -> None:
    """It begins above the limit, and the highest limit that is passed counts."""
    rows = PriceList((row(3, above_input_tokens=2_000), row(1), row(2, above_input_tokens=1_000)))
    assert [price(rows, tokens=n) for n in (0, 1_000, 1_001, 2_000, 2_001)] == [1, 1, 2, 2, 3]


def test_a_later_row_counts_before_a_longer_prompt() -> None:
    """What was announced last holds, then peak hours, then the length."""
    since = date(2026, 11, 1)
    peak = PeakHours(((0, 24),))
    rows = (row(1, above_input_tokens=10), row(2, since=since), row(3, since=since, peak=True))
    assert price(PriceList(rows, peak), tokens=50) == 3
    assert price(PriceList(rows), tokens=50) == 2
    assert price(PriceList(rows[::-1], peak), tokens=50) == 3


@pytest.mark.parametrize(
    ("hour", "minute", "second", "inside"),
    [(7, 59, 59, False), (8, 0, 0, True), (9, 29, 59, True), (9, 30, 0, False), (12, 0, 0, False),
     (20, 14, 59, False), (20, 15, 0, True), (20, 59, 59, True), (21, 0, 0, False)],
)  # fmt: skip
def test_peak_hours_begin_and_end_to_the_second(
    hour: int, minute: int, second: int, *, inside: bool
) -> None:
    """The start is inside, the end is not; hours may be fractions."""
    peak = PeakHours(((8.0, 9.5), (20.25, 21.0)))
    assert peak.holds(datetime(2026, 11, 23, hour, minute, second, tzinfo=UTC)) is inside


def test_peak_hours_are_of_weekdays_and_not_of_holidays() -> None:
    """Unless days are named, every day has them."""
    peak = PeakHours(((0, 24),), frozenset({0}), frozenset({date(2026, 11, 30)}))
    week = [peak.holds(MONDAY + timedelta(days=n)) for n in range(8)]
    assert week == [True, *[False] * 6, False]
    assert all(PeakHours(((0, 24),)).holds(MONDAY + timedelta(days=n)) for n in range(7))


def test_a_peak_price_holds_in_peak_hours_only() -> None:
    """Outside them, and where nobody said when they are, the plain price holds."""
    rows = (row(1), row(2, peak=True))
    assert price(PriceList(rows, PeakHours(((11, 13),)))) == 2
    assert price(PriceList(rows, PeakHours(((13, 14),)))) == 1
    assert price(PriceList(rows)) == 1


def test_a_cost_is_as_sure_as_what_it_rests_on() -> None:
    """Reported before computed before estimated; without a price it is unknown."""
    rows = PriceList((row(1), row(5, above_input_tokens=100)))
    assert rows.cost(Usage(reported_cost=Decimal("0.5")), MONDAY) == Cost(
        Decimal("0.5"), "reported"
    )
    free = Usage(10, reported_cost=Decimal(0))
    assert rows.cost(free, MONDAY) == Cost(Decimal(0), "reported")
    assert rows.cost(Usage(100), MONDAY) == Cost(Decimal("0.0001"), "computed")
    assert rows.cost(Usage(200), MONDAY) == Cost(Decimal("0.001"), "computed")
    assert rows.cost(Usage(100, estimated=True), MONDAY).basis == "estimated"
    assert PriceList().cost(Usage(100), MONDAY) == Cost(None, "unknown")
    assert PriceList().row(MONDAY) is None
