"""The words for money, time, receipts and findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt, Receipt
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


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "cost unknown"),
        (Decimal(0), "free"),
        (Decimal("0.00001"), "<$0.0001"),
        (Decimal("0.0041"), "$0.0041"),
        (Decimal("1234.5"), "$1,234.50"),
    ],
)
def test_an_unknown_cost_is_never_zero(amount: Decimal | None, text: str) -> None:
    """Unknown, free and tiny amounts read differently."""
    assert words.money(amount) == text


def test_an_estimate_is_marked() -> None:
    """A cost that is not billed yet begins with a tilde."""
    assert words.cost_words(Cost(Decimal("0.5"), "estimated")) == "~$0.5000"


@given(st.decimals(min_value=0, max_value=10**6, allow_nan=False))
def test_only_nothing_is_free(amount: Decimal) -> None:
    """Every amount above zero is shown as money."""
    assert (words.money(amount) == "free") is (amount == 0)


def test_counts_and_times_are_short() -> None:
    """Tokens, durations, countdowns and ages fit a line."""
    assert [words.tokens(n) for n in (7, 12_400, 2_000_000)] == ["7", "12.4k", "2.0M"]
    assert [words.seconds(n) for n in (340, 12_400, 125_000)] == ["0.3 s", "12 s", "2 min 5 s"]
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
        ({}, "rule default"),
        ({"rule": ""}, "why"),
    ],
)
def test_every_receipt_has_a_reason(values: dict[str, object], text: str) -> None:
    """The reason is the strongest one that holds."""
    assert words.reason(replace(RECEIPT, **values)) == text  # type: ignore[arg-type]
