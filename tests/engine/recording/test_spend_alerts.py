"""Alerts about money: each threshold once, by the call that crosses it."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.events import Notice
from edgeroute.core.receipt import Receipt
from edgeroute.core.request import ClientProfile
from edgeroute.core.usage import Cost
from edgeroute.engine.deciding.router_state import Budget
from edgeroute.engine.recording import spend_alerts
from edgeroute.engine.recording.spend_alerts import (
    SpendAlert,
    SpendAlerts,
    Spending,
    _run,
    unusual,
)
from tests.support import replies
from tests.support.clocks import StandingClock
from tests.support.house import OPEN, House, house
from tests.support.receipts import attempt, receipt
from tests.support.scripted_provider import always

money = st.decimals(Decimal("0.0001"), Decimal(20), places=4)


def test_a_call_above_ten_times_the_average_is_an_outlier() -> None:
    """Ten times is usual, more is not; too few earlier calls say nothing."""
    average = Decimal("0.01")
    assert not unusual(Spending(Decimal("0.10"), "chat", average, 5))
    assert not unusual(Spending(Decimal("0.11"), "chat", average, 4))
    assert [one.kind for one in unusual(Spending(Decimal("0.11"), "chat", average, 5))] == [
        "outlier"
    ]


def test_a_dear_hour_is_reported_once() -> None:
    """The call that lifts the hour over five times the usual is reported, the next is not."""
    usual = Decimal("0.20")
    first = Spending(Decimal("0.3"), hour=Decimal("1.2"), usual_hour=usual)
    later = Spending(Decimal("0.3"), hour=Decimal("1.5"), usual_hour=usual)
    assert [one.kind for one in unusual(first)] == ["spike"]
    assert not unusual(later)


@given(st.lists(money, max_size=40), st.decimals(Decimal(1), Decimal(100), places=2))
def test_each_budget_threshold_is_crossed_once(costs: list[Decimal], limit: Decimal) -> None:
    """However spending goes, 80 % and 100 % give at most one alert each, 100 % never missed."""
    spent = Decimal(0)
    messages = []
    for cost in costs:
        spent += cost
        now = Spending(cost, budgets=[("daily", limit, spent)])
        messages += [one.message for one in unusual(now) if one.kind == "budget"]
    used_up = [message for message in messages if "used up" in message]
    assert len(used_up) == (spent >= limit)
    assert len(messages) <= 2


def test_an_outlier_says_how_dear_it_was() -> None:
    """In dollars and as a multiple of the average, with the same numbers for programs."""
    (found,) = unusual(Spending(Decimal("0.115"), "chat", Decimal("0.01"), 5))
    assert found == SpendAlert(
        "outlier",
        "One chat call cost $0.1150, 12 times the average of $0.0100.",
        {"task": "chat", "cost": "0.115", "average": "0.01"},
    )
    (plain,) = unusual(Spending(Decimal("0.115"), "", Decimal("0.01"), 5))
    assert plain.details["task"] == "unlabelled"
    assert not unusual(Spending(Decimal("0.115"), "chat", None, 5))


def test_a_dear_hour_says_what_is_usual() -> None:
    """Half a dollar in an hour is never dear; from there on five times the usual is the limit."""
    (found,) = unusual(Spending(Decimal("0.3"), hour=Decimal("1.2"), usual_hour=Decimal("0.2")))
    assert found == SpendAlert(
        "spike",
        "$1.20 were spent in the last hour; $0.20 are usual.",
        {"hour": "1.2", "usual": "0.2"},
    )
    half = Decimal("0.5")
    assert not unusual(Spending(Decimal("0.1"), hour=half))
    assert unusual(Spending(Decimal("0.1"), hour=half + Decimal("0.01")))
    assert unusual(Spending(Decimal("0.1"), hour=half + Decimal("0.1")))
    assert not unusual(Spending(Decimal("0.1"), hour=half + Decimal("0.11")))
    assert not unusual(Spending(Decimal("0.1"), hour=Decimal(1), usual_hour=Decimal("0.2")))


def test_a_budget_says_how_much_of_it_is_used() -> None:
    """The higher of two thresholds that one call crosses; each budget for itself."""
    limits = [("daily", Decimal(10), Decimal(8)), ("monthly", Decimal(20), Decimal(20))]
    daily, monthly = unusual(Spending(Decimal(5), hour=Decimal(0), budgets=limits))
    assert daily == SpendAlert(
        "budget",
        "The daily budget of $10.00 is used to 80% ($8.00).",
        {"budget": "daily", "limit": "10", "spent": "8"},
    )
    assert monthly.message == "The monthly budget of $20.00 is used up ($20.00)."
    assert not unusual(Spending(Decimal(5), budgets=[("daily", Decimal(10), Decimal("7.99"))]))
    assert not unusual(Spending(Decimal(1), budgets=[("daily", Decimal(10), Decimal(9))]))
    assert not unusual(Spending(Decimal(1), budgets=[("daily", Decimal(10), Decimal(11))]))


def watch(home: House, *command: str) -> SpendAlerts:
    """The alerts of a house under a daily budget of 10 USD."""
    stores = home.stores
    return SpendAlerts(
        ledger=stores.ledger, alerts=stores.alerts, budget=Budget(daily=Decimal(10)),
        command=command, clock=home.runtime.clock,
    )  # fmt: skip


def spend(home: House, usd: str, ago: timedelta = timedelta(0), client: str = "") -> Receipt:
    """Enter a call that cost ``usd``."""
    moment = home.runtime.clock.now() - ago
    one = attempt(started=moment, cost=Cost(Decimal(usd), "computed"))
    told = receipt(one, id=f"{usd} {ago}", created=moment, client=client)
    home.stores.ledger.record(told)
    return told


async def test_what_is_usual_is_the_average_of_the_week_before(tmp_path: Path) -> None:
    """The last hour is not part of it, nor is what is older; the average is that from before the
    call.
    """
    async with house(tmp_path, clock=StandingClock()) as home:
        found = watch(home)
        spend(home, "16.8", timedelta(days=6, hours=23))
        spend(home, "1000", timedelta(days=7, hours=1))
        spend(home, "0.3", timedelta(minutes=59))
        assert home.stores.ledger.average_cost("chat") == (Decimal("1017.1") / 3, 3)
        told = spend(home, "0.1")
        now = found._spending(told, Decimal("0.1"), None)
        assert now == Spending(
            cost=Decimal("0.1"), task="chat", average=Decimal("1017.1") / 3, calls=3,
            hour=Decimal("0.4"), usual_hour=Decimal("0.1"),
            budgets=[("daily", Decimal(10), home.runtime.ledger.today())],
        )  # fmt: skip
        assert found.after(told, Decimal("0.1")) == []
        assert not home.stores.alerts.list()


async def test_an_alert_is_kept_with_its_receipt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its kind goes to the log, and nothing else of it."""
    async with house(tmp_path, clock=StandingClock()) as home:
        for hours in range(5):
            spend(home, "0.5", timedelta(days=2, hours=hours))
        told = spend(home, "9")
        with caplog.at_level("WARNING"):
            kinds = [one.kind for one in watch(home).after(told, Decimal(9))]
        assert kinds == ["outlier", "spike", "budget"]
        assert [record.getMessage() for record in caplog.records] == [
            "alert outlier", "alert spike", "alert budget",
        ]  # fmt: skip
        kept = home.stores.alerts.list()
        assert {one.kind for one in kept} == {*kinds}
        (budget,) = [one for one in kept if one.kind == "budget"]
        assert (budget.conversation, budget.receipt) == ("c1", told.id)
        assert budget.details == {"budget": "daily", "limit": "10", "spent": "9"}


async def test_the_users_command_gets_the_alert_as_json(tmp_path: Path) -> None:
    """Kind, message, details and receipt on its standard input."""
    out = tmp_path / "told.json"
    script = f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read() + chr(10))"
    async with house(tmp_path / "h", clock=StandingClock()) as home:
        told = spend(home, "10")
        watch(home, sys.executable, "-c", script).after(told, Decimal(10))
        for _ in range(200):
            if out.exists() and out.read_text().count("\n") == 2:
                break
            await asyncio.sleep(0.05)
        alerts = {one["kind"]: one for one in map(json.loads, out.read_text().splitlines())}
        assert alerts.keys() == {"spike", "budget"}
        assert alerts["budget"] == {
            "kind": "budget",
            "message": "The daily budget of $10.00 is used up ($10.00).",
            "details": {"budget": "daily", "limit": "10", "spent": "10"},
            "receipt": told.id,
        }


@pytest.mark.parametrize("command", [["/nowhere/at/all"], [sys.executable, "-c", "1/0"]])
def test_a_command_that_fails_harms_nobody(
    command: list[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """One that is not there is said in the log; what it prints is shown nowhere."""
    with caplog.at_level("WARNING"):
        _run(command, "{}")
    told = [record.getMessage() for record in caplog.records]
    missing = command == ["/nowhere/at/all"]
    assert told == (["alert command failed: FileNotFoundError"] if missing else [])
    assert capfd.readouterr() == ("", "")


def test_a_command_that_never_ends_is_ended(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After half a minute, which is said in the log."""
    assert spend_alerts._COMMAND_SECONDS == 30
    monkeypatch.setattr(spend_alerts, "_COMMAND_SECONDS", 0.1)
    with caplog.at_level("WARNING"):
        _run([sys.executable, "-c", "import time; time.sleep(50)"], "{}")
    (record,) = caplog.records
    assert record.getMessage() == "alert command failed: TimeoutExpired"


async def test_a_budget_alert_reaches_user_store_and_command(tmp_path: Path) -> None:
    """Crossing the budget gives a notice, a stored alert and a run of the user's command."""
    out = tmp_path / "told.json"
    script = f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())"
    settings = (
        f"[budget]\ndaily_usd = 0.001\n[alerts]\ncommand = [{sys.executable!r}, '-c', {script!r}]\n"
    )
    events = replies.chat_events(["Hello."])
    usage = replies.event(
        {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.01}}
    )
    dear = always(replies.stream([*events[:-1], usage, events[-1]]))
    async with house(tmp_path / "h", {"mock": dear}, settings=settings) as home:
        seen = await home.ask(OPEN)
        assert any(isinstance(e, Notice) and e.kind == "budget" for e in seen.events)
        assert home.stores.alerts.list()[0].kind == "budget"
        again = await home.ask(OPEN)
        assert again.receipt.route == "local"
        for _ in range(100):
            if out.exists() and out.read_text():
                break
            await asyncio.sleep(0.05)
        assert "budget" in out.read_text()


async def test_a_connected_programs_budget_gives_alerts_too(tmp_path: Path) -> None:
    """What it has used of its own limit is told by its name; what others spend counts for none."""
    agent = ClientProfile("agent", daily_usd=Decimal(1))
    async with house(tmp_path, clock=StandingClock()) as home:
        spend(home, "5")
        told = spend(home, "0.9", client="agent")
        (found,) = watch(home).after(told, Decimal("0.9"), agent)
        assert found.message == "The agent daily budget of $1.00 is used to 90% ($0.90)."
        assert home.stores.alerts.list()[0].details["budget"] == "agent daily"
        assert watch(home).after(told, Decimal("0.9")) == []


async def test_the_request_of_a_connected_program_raises_its_alert(tmp_path: Path) -> None:
    """By the way that every request goes."""
    usage = replies.event(
        {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.01}}
    )
    events = replies.chat_events(["Hello."])
    dear = always(replies.stream([*events[:-1], usage, events[-1]]))
    agent = ClientProfile("agent", daily_usd=Decimal("0.001"))
    async with house(tmp_path, {"mock": dear}) as home:
        seen = await home.ask(OPEN, client=agent)
        (told,) = [e.text for e in seen.events if isinstance(e, Notice) and e.kind == "budget"]
        assert told.startswith("The agent daily budget")
