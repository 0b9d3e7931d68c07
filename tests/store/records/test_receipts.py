"""Receipts: complete, filtered, found by id."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.store.database.database import Database
from edgeroute.store.records.receipts import Receipts
from tests.support import nouns
from tests.support.receipts import attempt, receipt

MOMENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def receipts(database: Database) -> Receipts:
    """The receipts of an empty database."""
    return Receipts(database)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(given_receipt=nouns.receipts)
def test_a_receipt_comes_back_as_it_was(receipts: Receipts, given_receipt: Receipt) -> None:
    """Every attempt, amount and moment survives; adding it twice keeps one."""
    receipts.add(given_receipt)
    receipts.add(given_receipt)
    assert receipts.get(given_receipt.id) == given_receipt
    listed = receipts.list(limit=10_000)
    assert [r.id for r in listed].count(given_receipt.id) == 1


def test_the_list_can_be_filtered(receipts: Receipts) -> None:
    """What left, since when, of which conversation, how many; latest first."""
    for n in range(4):
        sent = attempt(place=Place.CLOUD, bytes_sent=10) if n % 2 else attempt(bytes_sent=0)
        receipts.add(
            replace(
                receipt(sent),
                id=f"r{n}",
                created=MOMENT + timedelta(minutes=n),
                conversation=f"c{n // 2}",
            )
        )
    assert [r.id for r in receipts.list()] == ["r3", "r2", "r1", "r0"]
    assert [r.id for r in receipts.list(left_machine=True)] == ["r3", "r1"]
    assert [r.id for r in receipts.list(since=MOMENT + timedelta(minutes=2))] == ["r3", "r2"]
    assert [r.id for r in receipts.list(conversation="c0", limit=1)] == ["r1"]


def test_the_beginning_of_an_id_will_do_if_it_is_the_only_one(receipts: Receipts) -> None:
    """A short id finds its receipt, an ambiguous or unknown one nothing; % is no wildcard."""
    for name in ("abc1", "abd2"):
        receipts.add(replace(receipt(), id=name))
    found = receipts.get("abc")
    assert found is not None
    assert found.id == "abc1"
    assert receipts.get("ab") is None
    assert receipts.get("") is None
    assert receipts.get("%") is None
