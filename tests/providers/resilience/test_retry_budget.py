"""Second tries as a share of all traffic."""

from __future__ import annotations

from edgeroute.providers.resilience.resilience import RetryNumbers
from edgeroute.providers.resilience.retry_budget import RetryBudget


def test_second_tries_stay_a_share_of_first_ones() -> None:
    """Ten a minute in any case; beyond them one for every five first tries of that minute."""
    budget = RetryBudget(RetryNumbers())
    for moment in range(10):
        assert budget.allows(moment)
        budget.tried(moment, again=True)
    assert not budget.allows(10)
    for _ in range(55):
        budget.tried(10, again=False)
    assert budget.allows(10)
    budget.tried(10, again=True)
    assert not budget.allows(10)
    assert budget.allows(71), "after a minute they are forgotten"
