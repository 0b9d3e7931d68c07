"""How amounts are written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edgeroute.cli.words import receipt_line, receipt_text, spent
from edgeroute.core.usage import FREE, UNKNOWN_COST, Cost
from tests.support.receipts import attempt, receipt

KNOWN = Cost(Decimal("0.0012"), "computed")


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (KNOWN, "$0.0012"),
        (FREE, "$0"),
        (UNKNOWN_COST, "unknown"),
        (KNOWN + UNKNOWN_COST, "at least $0.0012"),
        (FREE + UNKNOWN_COST, "unknown"),
    ],
)
def test_part_of_a_cost_is_never_shown_as_all_of_it(cost: Cost, text: str) -> None:
    """A sum that lacks something says so, and an unknown cost is never nothing."""
    assert spent(cost) == text


def test_a_receipt_shows_each_call_and_their_sum() -> None:
    """The two calls of a cascade stand on the receipt with their costs, and so does the sum."""
    both = receipt(attempt(outcome="rejected"), attempt())
    told = receipt_text(both)
    assert told.count(", $0.0012") == 2
    assert "cost          $0.0024 (computed)" in told
    assert "$0.0024" in receipt_line(both)
