"""Who is asked under a plan."""

from __future__ import annotations

from dataclasses import replace

from edgeroute.core.model_card import Place
from edgeroute.core.plan import Candidate, Plan

ONE = Candidate("a/m", Place.CLOUD, "The choice.")
TWO = Candidate("b/m", Place.CLOUD, "The second.")
SPARE = Candidate("c/m", Place.CLOUD, "After an outage.", "outage")
LAST = Candidate("local/m", Place.LOCAL, "The last resort.", "last_resort")
PLAN = Plan("all", "A test.", (ONE, TWO, SPARE, LAST))


def test_one_model_takes_part_unless_a_strategy_asks_several() -> None:
    """Fallbacks take no part while nobody fails."""
    assert PLAN.first == ONE
    assert PLAN.taking_part == (ONE,)
    assert replace(PLAN, strategy="cascade").taking_part == (ONE, TWO)
    assert replace(PLAN, strategy="ensemble").taking_part == (ONE, TWO)


def test_a_plan_is_a_plain_one_unless_told_otherwise() -> None:
    """One model, shown from its first word on, checked by nobody."""
    assert (PLAN.strategy, PLAN.commit, PLAN.verify) == ("single", "first_token", "")
    assert not PLAN.unchecked
    assert ONE.cause == "first"
