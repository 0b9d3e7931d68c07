"""The ledger: exact to the last digit, unknown stays unknown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeroute.core.comparison import Comparison
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.core.spending import GROUPS
from edgeroute.core.usage import FREE, UNKNOWN_COST, Cost, Usage
from edgeroute.store.database.database import Database
from edgeroute.store.records.ledger import Ledger
from tests.support import nouns
from tests.support.receipts import attempt, receipt

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """An empty ledger whose clock says noon."""
    return Ledger(database, now=lambda: NOON)


@pytest.fixture
def auckland() -> Iterator[None]:
    """The local time zone set to one far east of UTC."""
    from zoneinfo import ZoneInfo

    with time_machine.travel(datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Pacific/Auckland"))):
        yield


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(given_receipts=st.lists(nouns.receipts, max_size=4, unique_by=lambda r: r.id))
def test_sums_equal_the_receipts(database: Database, given_receipts: list[Receipt]) -> None:
    """However it is grouped, the ledger adds up to all attempts, exactly."""
    database.write("DELETE FROM ledger")
    ledger = Ledger(database)
    for one in given_receipts:
        ledger.record(one)
        ledger.record(one)
    attempts = [a for one in given_receipts for a in one.attempts]
    costs = [a.cost.amount for a in attempts if a.cost.amount is not None]
    total = ledger.total()
    assert total.unknown == len(attempts) - len(costs)
    known = sum(costs, Decimal(0)) if costs else None
    assert total.cost == (None if total.unknown and not known else known)
    assert total.tokens == sum(a.usage.total for a in attempts)
    for by in GROUPS:
        rows = ledger.rows(by)
        assert sum((row.cost or Decimal(0) for row in rows), Decimal(0)) == (total.cost or 0)
        assert sum(row.attempts for row in rows) == len(attempts)
        assert sum(row.tokens for row in rows) == total.tokens


def test_each_attempt_counts_under_its_own_model(ledger: Ledger) -> None:
    """A failed first model and the one that answered are two rows of one call."""
    ledger.record(
        receipt(
            attempt(model="openai/gpt-5.5", outcome="failed", cost=UNKNOWN_COST, usage=Usage()),
            attempt(
                model="local/qwen",
                place=Place.LOCAL,
                bytes_sent=0,
                cost=FREE,
                usage=Usage(input_uncached=30, cache_read=90, output_visible=5),
            ),
            turn=2,
            compared=Comparison(Decimal("0.1"), Decimal("0.5"), "a/best", Decimal("0.2"), "b/best"),
            cache_saved=Decimal("0.01"),
        )
    )
    local, cloud = sorted(ledger.rows("model"), key=lambda row: row.label)
    assert (local.label, local.cost, local.baseline, local.cache_saved) == (
        "local/qwen",
        Decimal(0),
        Decimal("0.5"),
        Decimal("0.01"),
    )
    assert (local.compared, local.compared_cost, local.baseline_model) == (
        1,
        Decimal("0.1"),
        "a/best",
    )
    assert (local.single, local.single_model, local.turns) == (Decimal("0.2"), "b/best", 1)
    assert (local.tokens, local.cache_hit_rate) == (125, 0.75)
    assert (cloud.cost, cloud.unknown, cloud.failures, cloud.baseline) == (None, 1, 1, None)
    assert [row.label for row in ledger.rows("provider")] == ["local", "openai"]
    assert [(row.label, row.calls, row.attempts) for row in ledger.rows("task")] == [("chat", 1, 2)]


def test_an_answer_that_was_set_aside_is_no_failure(ledger: Ledger) -> None:
    """The cheap rungs of a cascade and outvoted models have answered; only errors are failures."""
    rungs = (("a/cheap", "rejected"), ("b/cheap", "failed"), ("c/strong", "answered"))
    ledger.record(receipt(*(attempt(model=model, outcome=outcome) for model, outcome in rungs)))
    failures = {row.label: row.failures for row in ledger.rows("model")}
    assert failures == {"a/cheap": 0, "b/cheap": 1, "c/strong": 0}
    assert ledger.total().failures == 1


def test_the_dearest_comes_first_and_days_run_backwards(ledger: Ledger) -> None:
    """Rows stand in the order in which a person wants them; a span limits them."""
    for n, cost in enumerate(("1", "3", "2")):
        day = NOON - timedelta(days=n)
        one = attempt(model=f"m/{n}", cost=Cost(Decimal(cost), "reported"))
        ledger.record(receipt(one, id=str(n), created=day))
    assert [row.label for row in ledger.rows("model")] == ["m/1", "m/2", "m/0"]
    assert [row.cost for row in ledger.rows("day")] == [Decimal(1), Decimal(3), Decimal(2)]
    span = ledger.rows("model", since=NOON - timedelta(days=1))
    assert [row.label for row in span] == ["m/1", "m/0"]
    assert ledger.total(since=NOON + timedelta(days=1)).calls == 0


@pytest.mark.usefixtures("auckland")
def test_a_day_is_one_of_the_local_calendar(database: Database) -> None:
    """What was spent before local midnight is yesterday's, whatever day it is in Greenwich."""
    ledger = Ledger(database, now=lambda: datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    # Auckland is 13 hours ahead: its 23rd began at 11:00 UTC on the 22nd.
    for name, hour in (("yesterday", 10), ("today", 11)):
        created = datetime(2026, 11, 22, hour, 30, tzinfo=UTC)
        ledger.record(
            receipt(attempt(cost=Cost(Decimal(hour), "reported")), id=name, created=created)
        )
    assert ledger.today() == Decimal(11)
    assert ledger.month() == Decimal(21)
    assert [(row.label, row.cost) for row in ledger.rows("day")] == [
        ("2026-11-23", Decimal(11)),
        ("2026-11-22", Decimal(10)),
    ]


def test_spending_of_one_conversation_or_user(ledger: Ledger) -> None:
    """A budget can be kept per conversation and per user."""
    for n, (who, chat) in enumerate((("ann", "a"), ("bob", "a"), ("ann", "b"))):
        ledger.record(
            receipt(
                attempt(cost=Cost(Decimal(10**n), "reported")),
                id=str(n),
                user=who,
                conversation=chat,
                created=NOON,
            )
        )
    assert ledger.spent(NOON) == 111
    assert ledger.spent(NOON, conversation="a") == 11
    assert ledger.spent(NOON + timedelta(seconds=1)) == 0


def test_the_average_counts_whole_requests_that_cost_money(ledger: Ledger) -> None:
    """All paid attempts of a request count together; free and unknown ones do not dilute it."""
    assert ledger.average_cost("chat") == (None, 0)
    one = attempt(cost=Cost(Decimal(1), "reported"))
    ledger.record(receipt(one, one, id="a"))
    ledger.record(receipt(attempt(place=Place.LOCAL, cost=FREE), id="b"))
    ledger.record(receipt(attempt(cost=UNKNOWN_COST), id="c"))
    ledger.record(receipt(attempt(cost=Cost(Decimal(4), "reported")), id="d"))
    assert ledger.average_cost("chat") == (Decimal(3), 2)
    assert ledger.average_cost("chat", calls=1) == (Decimal(4), 1)
    assert ledger.average_cost("refactor") == (None, 0)


def test_an_unknown_grouping_is_a_programming_mistake(ledger: Ledger) -> None:
    """Only the known columns reach the SQL."""
    with pytest.raises(ValueError, match="cost; DROP"):
        ledger.rows("cost; DROP TABLE ledger")  # type: ignore[arg-type]


def test_what_was_free_does_not_make_a_sum_known(ledger: Ledger) -> None:
    """A failed attempt that cost nothing beside an answer of unknown cost: the sum is unknown, and
    so is the average of what such a request costs.
    """
    failed = attempt(outcome="failed", cost=FREE)
    ledger.record(receipt(failed, attempt(cost=UNKNOWN_COST), task="chat"))
    total = ledger.total()
    assert (total.cost, total.unknown) == (None, 1)
    assert ledger.average_cost("chat") == (None, 0)


def test_a_sum_that_lacks_something_is_never_free(ledger: Ledger) -> None:
    """An unknown cost is told beside what is known, and alone it is no amount at all."""
    ledger.record(receipt(attempt(cost=UNKNOWN_COST), id="r1"))
    assert ledger.of_today().spent == Cost(None, "unknown")
    ledger.record(receipt(attempt(), id="r2"))
    assert ledger.of_today().spent == Cost(Decimal("0.0012"), "unknown")
