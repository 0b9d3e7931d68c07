"""The coding assistant's hundred calls through the whole house: shares, ledger, page."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from edgeroute.providers.catalog.catalog import Catalog
from tests.bench.seed_example import CALLS, MIX, Hour, bill, measured
from tests.support.clocks import THE_DAY, MovableClock

PAGE = Path(__file__).resolve().parents[2] / "docs" / "measurements.md"


@pytest.fixture(scope="module")
async def hour(tmp_path_factory: pytest.TempPathFactory) -> Hour:
    """The calls, made once: an hour of them with short prompts that report the full tokens."""
    return await measured(tmp_path_factory.mktemp("hour"), MovableClock(), shorter=20)


async def test_each_call_has_its_receipt(hour: Hour) -> None:
    """A hundred calls make a hundred receipts, each of one call that answered and says why."""
    assert len({receipt.id for receipt in hour.receipts}) == CALLS
    assert all(len(receipt.attempts) == 1 for receipt in hour.receipts)
    assert all(receipt.standing and receipt.why for receipt in hour.receipts)


async def test_the_ledger_is_the_sum_of_the_receipts(hour: Hour) -> None:
    """Not a fraction of a cent is lost between the receipts and the ledger."""
    by_receipt: Counter[str] = Counter()
    for receipt in hour.receipts:
        assert receipt.cost.amount is not None
        by_receipt[receipt.model] += receipt.cost.amount  # type: ignore[assignment]
    assert hour.spent == by_receipt
    assert hour.bill().total == sum(hour.spent.values(), Decimal(0)) > 0


@pytest.mark.parametrize("prices", ["", "seed"])
async def test_calls_go_and_cost_as_planned(hour: Hour, prices: str) -> None:
    """Models get the shares that the plan alone gives them, at the costs that it estimates, with
    today's prices and with those of the first idea.
    """
    planned = bill(
        Catalog.load(prices=prices),
        [kind.signals for kind in MIX for _ in range(kind.calls)],
        THE_DAY,
    )
    assert hour.bill(prices) == planned


async def test_the_page_tells_what_was_measured(hour: Hour) -> None:
    """The costs and factor of the page are those of the calls, as far as it writes them out."""
    text = " ".join(PAGE.read_text("utf-8").split())
    said = re.search(
        r"costs \$(?P<policy>[\d.]+) an hour at today's prices against \$(?P<all>[\d.]+) for"
        r" all-Opus \((?P<factor>[\d.]+) times less\)",
        text,
    )
    assert said is not None
    made = hour.bill()
    assert said["policy"] == f"{made.total:.2f}"
    assert said["all"] == f"{made.all_premium:.2f}"
    assert said["factor"] == f"{made.factor:.1f}"
