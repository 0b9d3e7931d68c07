"""The chat app's own words for times, receipts and findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from edgeroute.core.model_card import Place
from edgeroute.core.reasons import Reasons
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.spending import SpendRow
from edgeroute.core.usage import FREE, Cost, Usage
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui import words

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOCAL = Attempt("local/qwen", Place.LOCAL, NOW, "answered", usage=Usage(10), cost=FREE)
CLOUD = Attempt(
    "a/b",
    Place.CLOUD,
    NOW,
    "answered",
    host="api.a.com",
    bytes_sent=9,
    cost=Cost(Decimal(1), "computed"),
)
RECEIPT = Receipt(
    "r1", NOW, "c1", "chat", PrivacyMode.AUTO, False, "", {}, False, "default", "why", Place.CLOUD,
    "a/b", (CLOUD,), duration_ms=1900,
)  # fmt: skip


def test_times_are_short() -> None:
    """Countdowns and ages fit a line."""
    assert words.left(NOW + timedelta(seconds=252), NOW) == "4:12"
    assert words.left(NOW, NOW) == ""
    ages = [timedelta(0), timedelta(minutes=5), timedelta(hours=3), timedelta(days=1)]
    assert [words.ago(NOW - age, NOW) for age in ages] == ["now", "5 min", "3 h", "yesterday"]
    assert words.ago(NOW - timedelta(days=40), NOW) == "13 Oct"


def test_types_are_words() -> None:
    """Entity names become words, known or not; counts above one are said."""
    assert words.counted({"PERSON": 2, "US_SSN": 1, "NEW_THING": 1}) == (
        "2 x name, US SSN, new thing"
    )


def test_the_receipt_line_names_who_received_bytes() -> None:
    """Left or stayed is the first word, and a failed attempt that sent bytes counts as left."""
    assert words.receipt_line(RECEIPT)[0] == "left to api.a.com"
    stayed = replace(RECEIPT, attempts=(LOCAL,), route=Place.LOCAL, model="local/qwen")
    assert words.receipt_line(stayed)[0] == "stayed here"
    failed = replace(CLOUD, outcome="failed")
    both = replace(stayed, attempts=(failed, LOCAL))
    assert words.receipt_line(both)[0] == "left to api.a.com"
    assert "after 1 failed" in words.receipt_line(both)[1]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"masked": {"PERSON": 1}}, "masked name"),
        ({"route": Place.LOCAL, "findings": {"US_SSN": 1}}, "found US SSN"),
        ({"route": Place.LOCAL, "latched": True}, "this chat stays local"),
        ({"route": Place.LOCAL, "mode": PrivacyMode.PRIVATE}, "local only"),
        ({}, "why"),
        ({"reasons": Reasons("It is short.")}, "It is short"),
    ],
)
def test_every_receipt_has_a_reason(values: dict[str, object], text: str) -> None:
    """The reason is the strongest one that holds."""
    assert words.reason(replace(RECEIPT, **values)) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cost", "unknown", "said"),
    [
        ("0.42", 0, "$0.42"),
        ("0.42", 1, "at least $0.42"),
        ("0.0082", 1, "at least $0.0082"),
        (None, 1, "cost unknown"),
        ("0", 0, "$0.00"),
    ],
)
def test_what_was_spent_agrees_with_the_table_below_it(
    cost: str | None, unknown: int, said: str
) -> None:
    """A sum that lacks something is never shown as all of it, nor as nothing."""
    amount = None if cost is None else Decimal(cost)
    assert words.spent(SpendRow("today", 1, 1, 0, Usage(), amount, unknown, None, None)) == said
