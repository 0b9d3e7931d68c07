"""What a usage costs: tiers, times of day, cache lives; and against an independent price list."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from edgeroute.core.model_card import ModelCard
from edgeroute.core.usage import Usage
from edgeroute.providers.catalog.catalog import Catalog

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)  # a Thursday


def cost(catalog: Catalog, model: str, usage: Usage, moment: datetime = NOON) -> Decimal:
    """What ``usage`` of ``model`` costs."""
    card = catalog.card(model)
    assert card is not None
    amount = card.prices.cost(usage, moment).amount
    assert amount is not None
    return amount


@pytest.mark.parametrize(
    ("moment", "output"),
    [
        ("2026-11-19T00:59", "0.6"),
        ("2026-11-19T01:00", "1.2"),
        ("2026-11-19T03:59", "1.2"),
        ("2026-11-19T04:00", "0.6"),
        ("2026-11-19T06:00", "1.2"),
        ("2026-11-19T10:00", "0.6"),
        ("2026-11-21T02:30", "0.6"),  # Saturday
        ("2026-11-22T02:30", "0.6"),  # Sunday
        ("2026-10-01T02:30", "0.6"),  # National Day, a Thursday
        ("2026-10-08T02:30", "1.2"),
        ("2026-09-10T02:30", "1.2"),
        ("2026-08-20T02:30", "1.32"),
        ("2026-08-20T12:00", "0.66"),
        ("2026-08-16T02:30", "0.28"),  # before the new prices there was no peak
        ("2027-01-01T02:30", "0.6"),
    ],
)
def test_deepseeks_day_and_week(catalog: Catalog, moment: str, output: str) -> None:
    """Peak hours count on working days only, and only since they exist."""
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    usage = Usage(output_visible=1_000_000)
    assert cost(catalog, "deepseek/v4-flash", usage, at) == Decimal(output)


def test_the_hours_are_utc_whatever_zone_the_moment_has(catalog: Catalog) -> None:
    """The same moment in Beijing's zone costs the same."""
    at = datetime.fromisoformat("2026-11-19T10:30+08:00")
    assert cost(catalog, "deepseek/v4-flash", Usage(output_visible=10**6), at) == Decimal("1.2")


def test_a_long_prompt_makes_the_whole_request_dearer(catalog: Catalog) -> None:
    """Above 272,000 input tokens, cached ones included, every token has the higher price."""
    assert cost(catalog, "openai/gpt-5.5", Usage(272_000, output_visible=1000)) == Decimal("1.39")
    assert cost(catalog, "openai/gpt-5.5", Usage(272_001, output_visible=0)) == Decimal("2.72001")
    mixed = Usage(200_000, cache_read=100_000, output_visible=1000)
    assert cost(catalog, "openai/gpt-5.5", mixed) == Decimal("2.145")


def test_written_cache_has_two_lives_and_two_prices(catalog: Catalog) -> None:
    """Anthropic bills 1.25 times the input for 5 minutes and twice for an hour."""
    usage = Usage(1000, 10_000, 2000, 4000, 500, 250)
    expected = (
        1000 * 1 + 10_000 * Decimal("0.1") + 2000 * Decimal("1.25") + 4000 * 2 + 750 * 5
    ) / (Decimal(10**6))
    assert cost(catalog, "anthropic/claude-haiku-4.5", usage) == expected


@pytest.mark.parametrize(
    ("day", "price"), [("2026-12-31", "0.75"), ("2027-01-01", "1.5"), ("2027-06-01", "1.5")]
)
def test_introductory_prices_end(catalog: Catalog, day: str, price: str) -> None:
    """From the day on which an offer ends the regular price holds."""
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert cost(catalog, "gemini/gemini-3.8-flash", Usage(10**6), at) == Decimal(price)


def test_what_the_provider_reports_wins(catalog: Catalog) -> None:
    """A reported cost is taken as it is, even where the list says otherwise."""
    card = catalog.card("openai/gpt-5.5")
    assert card is not None
    reported = card.prices.cost(Usage(10**6, reported_cost=Decimal("0.01")), NOON)
    assert (reported.amount, reported.basis) == (Decimal("0.01"), "reported")


def test_the_first_briefs_prices_are_data() -> None:
    """The assumed prices can be calculated with; models that they lack keep today's."""
    seed = Catalog.load(prices="seed")
    million = Usage(10**6, output_visible=10**6)
    assert cost(seed, "anthropic/claude-opus-4.7", million) == 90
    assert cost(seed, "anthropic/claude-haiku-4.5", million) == Decimal("4.8")
    assert cost(seed, "anthropic/claude-opus-5.5", million) == 24


PROVIDER_IDS = {
    "alibaba": "",  # not in genai-prices
    "gemini": "google",
    "moonshot": "moonshotai",
    "xai": "x-ai",
}
# Where the two price lists disagree: why, and where ours is from. Not compared.
DEEPSEEK = "genai-prices knows neither weekends nor holidays: github.com/pydantic/genai-prices #582"
IMAGES = "genai-prices splits text from image output; our row is that of images: ai.google.dev"
DIFFERENCES = {
    "deepseek/v4-flash": DEEPSEEK,
    "deepseek/v4.1-flash": DEEPSEEK,
    "deepseek/v4-pro": DEEPSEEK,
    "gemini/nano-banana-2": IMAGES,
    "gemini/nano-banana-2.1": IMAGES,
    "mistral/mistral-large-4": "genai-prices halves it since 2026-10-29; the model's page at "
    "vercel.com/ai-gateway/models/mistral-large-4 still says 1.36 and 4.18",
}


def random_usage(card: ModelCard, chance: random.Random) -> Usage:
    """Token counts of a plausible request, with the cache classes that the model bills."""
    rate = card.prices.rate(NOON)
    assert rate is not None
    size = chance.choice([500, 20_000, 150_000, 400_000])
    limit = min(size, card.context_tokens // 2)
    cached = chance.randrange(limit) if rate.cache_read is not None else 0
    short = chance.randrange(limit // 4) if rate.cache_write_short is not None else 0
    return Usage(
        chance.randrange(1, limit),
        cache_read=cached,
        cache_write_short=short,
        output_visible=chance.randrange(1, 8000),
        output_reasoning=chance.randrange(4000),
    )


def test_costs_agree_with_an_independent_list(catalog: Catalog) -> None:
    """200 random usages over all models cost what genai-prices says, but for the listed models."""
    pytest.importorskip("genai_prices", reason="genai-prices is in the test extra")
    chance = random.Random(20261122)
    cards = [card for card in catalog.cards.values() if card.id not in DIFFERENCES]
    compared: list[str] = []
    for _ in range(1000):
        card = chance.choice(cards)
        moment = NOON + timedelta(hours=chance.randrange(24))
        usage = random_usage(card, chance)
        other = independent_cost(card, usage, moment)
        if other is not None:
            ours = card.prices.cost(usage, moment).amount
            assert ours == pytest.approx(other, rel=Decimal("1e-9")), (card.id, usage)
            compared.append(card.id)
        if len(compared) == 200:
            break
    assert len(compared) == 200
    assert len(set(compared)) > 50


def independent_cost(card: ModelCard, usage: Usage, moment: datetime) -> Decimal | None:
    """What genai-prices says; None for a model that it does not know."""
    from genai_prices import Usage as TheirUsage
    from genai_prices import calc_price

    provider = PROVIDER_IDS.get(card.provider, card.provider)
    if not provider:
        return None
    theirs = TheirUsage(
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write_short,
    )
    try:
        found = calc_price(
            theirs, card.wire_id, provider_id=provider, genai_request_timestamp=moment
        )
    except LookupError:
        return None
    return found.total_price


@pytest.mark.parametrize("model", sorted(DIFFERENCES))
def test_every_listed_difference_is_still_one(catalog: Catalog, model: str) -> None:
    """A model on the list of differences that agrees by now must leave the list."""
    pytest.importorskip("genai_prices", reason="genai-prices is in the test extra")
    card = catalog.card(model)
    assert card is not None
    for hour in range(72):
        moment = NOON + timedelta(hours=hour)
        usage = Usage(1000, output_visible=1000)
        if card.prices.cost(usage, moment).amount != independent_cost(card, usage, moment):
            return
    pytest.fail(f"{model} agrees with genai-prices now: take it off the list.")
