"""Alerts about money: each threshold once, by the call that crosses it."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.events import Notice
from edgeroute.engine.recording.spend_alerts import Spending, unusual
from tests.support import replies
from tests.support.house import OPEN, house
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
