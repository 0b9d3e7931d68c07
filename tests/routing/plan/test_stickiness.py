"""Stickiness: when a conversation stays with the model that holds its cache."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from edgeroute.core.model_card import PriceList, PriceRow, Rate
from edgeroute.core.signals import Signals
from edgeroute.routing.plan.stickiness import Holding, reason_to_stay
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


def test_a_cache_that_nobody_reports_counts_where_a_provider_keeps_prompts_by_itself() -> None:
    """A provider without marks keeps long prompts unasked; one that needs marks keeps none."""
    silent = Holding("a/held", 0, "chat", prompt_tokens=10_000)
    assert silent.kept(card("a/held")) == 10_000
    assert silent.kept(card("a/held", wire="anthropic-messages")) == 0
    assert silent.kept(card("a/held", cache_minimum_tokens=20_000)) == 0


@pytest.mark.parametrize(("minutes", "stay"), [(4, True), (5, False)])
def test_a_cache_that_has_run_out_holds_nobody(minutes: int, stay: Any) -> None:
    """Once the provider has let the prompt go, the policy's own choice is taken again."""
    since = NOW - timedelta(minutes=minutes)
    reason = reason_to_stay(
        Holding("a/held", 10_000, "chat", since=since),
        card("a/held", prices=CACHED),
        card("b/other"),
        signals=Signals(task="chat", input_tokens=10_000, output_tokens=100),
        now=NOW,
        worth_usd=0.0,
        lasts=timedelta(minutes=5),
    )
    assert bool(reason) is stay


def test_the_reason_gives_both_costs_and_a_change_of_task() -> None:
    """The sentence shows what is compared."""
    assert "about $0.0033 here" in stays(10_000)
    assert stays(10_000, task="refactor").startswith("The task has changed")
