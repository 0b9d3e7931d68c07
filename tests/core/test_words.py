"""The words for money, time, sizes and what a receipt says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core import words
from edgeroute.core.model_card import Place
from edgeroute.core.usage import FREE, UNKNOWN_COST, Cost, Usage
from tests.support.receipts import attempt, receipt

KNOWN = Cost(Decimal("0.0012"), "computed")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "cost unknown"),
        (Decimal(0), "free"),
        (Decimal("0.00001"), "<$0.0001"),
        (Decimal("0.0041"), "$0.0041"),
        (Decimal("1234.5"), "$1,234.50"),
        (Decimal("-0.02"), "-$0.0200"),
    ],
)
def test_an_unknown_cost_is_never_zero(amount: Decimal | None, text: str) -> None:
    """Unknown, free, tiny and negative amounts read differently."""
    assert words.money(amount) == text


@given(st.decimals(min_value=0, max_value=10**6, allow_nan=False))
def test_only_nothing_is_free(amount: Decimal) -> None:
    """Every amount above zero is shown as money."""
    assert (words.money(amount) == "free") is (amount == 0)


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (KNOWN, "$0.0012"),
        (FREE, "free"),
        (Cost(Decimal("0.5"), "estimated"), "~$0.5000"),
        (UNKNOWN_COST, "cost unknown"),
        (KNOWN + UNKNOWN_COST, "at least $0.0012"),
        (FREE + UNKNOWN_COST, "cost unknown"),
    ],
)
def test_part_of_a_cost_is_never_shown_as_all_of_it(cost: Cost, text: str) -> None:
    """A sum that lacks something says so, an estimate is marked, and unknown is never nothing."""
    assert words.cost_words(cost) == text


def test_counts_times_and_sizes_are_short() -> None:
    """Tokens, durations and sizes fit a line."""
    assert [words.tokens(n) for n in (7, 12_400, 2_000_000)] == ["7", "12.4k", "2M"]
    times = [words.seconds(n) for n in (None, 23, 1900, 12_400, 125_000)]
    assert times == ["-", "23 ms", "1.9 s", "12 s", "2 min 5 s"]
    assert [words.size(n) for n in (500, 1_600, 2.5e9)] == ["500 B", "1.6 kB", "2.5 GB"]


def test_the_next_unit_begins_where_it_is_reached() -> None:
    """Ten thousand tokens, a second, ten of them, a minute, a kilobyte, a dollar."""
    edges = (9_999, 10_000, 999_900, 1_000_000)
    assert [words.tokens(n) for n in edges] == ["9999", "10k", "999.9k", "1M"]
    times = [words.seconds(n) for n in (999, 1_000, 9_900, 10_000, 59_999, 60_000)]
    assert times == ["999 ms", "1.0 s", "9.9 s", "10 s", "59 s", "1 min 0 s"]
    sizes = [words.size(n) for n in (999, 1_000, 999_900, 1e6, 1e9, 1e12)]
    assert sizes == ["999 B", "1.0 kB", "999.9 kB", "1.0 MB", "1.0 GB", "1000.0 GB"]
    amounts = [words.money(Decimal(text)) for text in ("0.0001", "0.9999", "1", "-1")]
    assert amounts == ["$0.0001", "$0.9999", "$1.00", "-$1.00"]


def test_what_was_used_is_said_only_where_it_was_counted() -> None:
    """What came from a prompt cache stands beside the input."""
    usage = Usage(input_uncached=172, cache_read=640, output_visible=164)
    assert words.usage_words(usage) == "812 in (640 cached), 164 out"
    assert words.usage_words(Usage()) == ""


def test_one_is_not_many_and_a_sentence_ends_once() -> None:
    """No ``1 calls`` and no two full stops."""
    assert [words.plural(n, "call") for n in (0, 1, 1200)] == ["0 calls", "1 call", "1,200 calls"]
    assert [words.sentence(text) for text in ("Done", "Done.")] == ["Done."] * 2


def test_bytes_are_summed_by_host_and_only_where_they_left() -> None:
    """Two attempts at one host are one sum; the local model is no host."""
    local = attempt(place=Place.LOCAL, host="127.0.0.1")
    both = receipt(attempt(), attempt(outcome="failed"), local)
    assert words.sent_to(both) == {"api.openai.com": 1000}


def test_a_wait_is_told_in_whole_seconds() -> None:
    """What goes on begins at 0 s."""
    assert [words.passed(n) for n in (0.4, 12.9, 125)] == ["0 s", "12 s", "2 min 5 s"]
