"""When a model is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from edgeroute.core.model_card import ModelCard, Place

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
