"""How the command line writes receipts."""

from __future__ import annotations

from edgeroute.cli.words import receipt_line, receipt_text
from edgeroute.core.usage import UNKNOWN_COST
from tests.support.receipts import attempt, receipt


def test_a_receipt_shows_each_call_and_their_sum() -> None:
    """The two calls of a cascade stand on the receipt with their costs, and so does the sum."""
    both = receipt(attempt(outcome="rejected"), attempt())
    text = receipt_text(both)
    assert text.count(", $0.0012") == 2
    assert "cost          $0.0024 (computed)" in text
    assert "$0.0024" in receipt_line(both)


def test_an_unknown_cost_is_said_once() -> None:
    """Under its label an unknown cost is one word."""
    unknown = receipt(attempt(cost=UNKNOWN_COST))
    assert "cost          unknown\n" in receipt_text(unknown)
    assert "cost unknown" in receipt_line(unknown)
