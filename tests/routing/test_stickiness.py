"""Stickiness: when a conversation stays with the model that holds its cache."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from edgeroute.core.prices import PriceList, PriceRow, Rate
from edgeroute.core.signals import Signals
from edgeroute.routing.stickiness import Holding, reason_to_stay
from tests.support.routing import NOW, card

CACHED = PriceList((PriceRow(Rate(Decimal(3), Decimal(3), cache_read=Decimal("0.3"))),))


def stays(
    cached: int,
    *,
    grade: int = 2,
    chosen_grade: int = 2,
    price: float = 1.0,
    worth: float = 0.0,
    task: Any = "chat",
) -> str:
    """The reason to stay with a model at 3 USD (0.3 cached) over one at ``price``."""
    return reason_to_stay(
        Holding("a/held", cached, "chat"),
        card("a/held", grade=grade, prices=CACHED),
        card("b/other", price, chosen_grade),
        signals=Signals(task=task, input_tokens=10_000, output_tokens=100),
        now=NOW,
        worth_usd=worth,
    )


@pytest.mark.parametrize(
    ("given", "stay"),
    [
        ({"cached": 10_000}, True),
        ({"cached": 0}, False),
        ({"cached": 10_000, "chosen_grade": 3}, False),
        ({"cached": 10_000, "grade": 3}, True),
        ({"cached": 0, "worth": 1.0}, True),
        ({"cached": 10_000, "price": 0.01}, False),
    ],
)
def test_staying_has_to_pay(given: Any, stay: Any) -> None:
    """A cache keeps the conversation unless another model is better, or cheaper even without it."""
    assert bool(stays(**given)) is stay


def test_the_reason_gives_both_costs_and_a_change_of_task() -> None:
    """The sentence shows what is compared."""
    assert "about $0.0033 here" in stays(10_000)
    assert stays(10_000, task="refactor").startswith("The task has changed")
