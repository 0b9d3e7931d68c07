"""What is spent of which budget."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from edgeroute.core.usage import Cost
from edgeroute.engine.deciding.budget import Budget
from edgeroute.store.database.database import Database
from edgeroute.store.records.ledger import Ledger
from tests.support.receipts import attempt, receipt

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).astimezone().replace(hour=12)


def ledger(folder: Path) -> Ledger:
    """A ledger with 1 USD of this day, 2 of this month and 4 of a year before, of two talks."""
    found = Ledger(Database.open(folder / "data" / "edgeroute.db", None), now=lambda: NOON)
    for name, day, price, talk in (
        ("a", NOON, 1, "mine"),
        ("b", NOON.replace(day=3), 2, "mine"),
        ("c", NOON.replace(year=2025), 4, "other"),
    ):
        spent = attempt(started=day, cost=Cost(Decimal(price), "computed"))
        found.record(receipt(spent, id=name, created=day, conversation=talk))
    return found


def test_every_limit_is_compared_with_what_it_limits(tmp_path: Path) -> None:
    """The day, the month, and the whole of one conversation."""
    budget = Budget(Decimal(10), Decimal(20), Decimal(30))
    spent = ledger(tmp_path)
    told = [f"{name} {limit} {used}" for name, limit, used in budget.spending(spent, "mine")]
    assert told == ["daily 10 1", "monthly 20 3", "conversation 30 3"]
    assert budget.spending(spent, "other")[-1][2] == 4
    assert [name for name, _, _ in budget.spending(spent, "")] == ["daily", "monthly"]


def test_what_has_no_limit_is_not_looked_up(tmp_path: Path) -> None:
    """A limit of 0 is none; by default nothing is limited, and a used up budget answers here."""
    assert Budget().spending(ledger(tmp_path), "mine") == []
    assert Budget().at_limit == "local"
