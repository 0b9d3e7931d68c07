"""What the planner is told of providers, money and caches.

A conversation stays where its prompt is cached, and moves where that no longer pays.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from edgeroute.core.errors import ErrorKind, ProviderError, StoreError
from edgeroute.core.events import Answered, Planned
from edgeroute.core.messages import Message, user
from edgeroute.core.usage import Cost, Usage
from edgeroute.engine.deciding.router_state import Budget, RouterState
from edgeroute.routing.plan.stickiness import Holding
from edgeroute.store.database.database import Database
from edgeroute.store.records.ledger import Ledger
from tests.support import replies
from tests.support.clocks import THE_DAY, MovableClock, StandingClock
from tests.support.house import House, Seen, house
from tests.support.receipts import attempt, receipt
from tests.support.routing import REFERENCE
from tests.support.scripted_provider import Received, Reply, always
from tests.support.strategies import ENVIRONMENT, keys

KIMI, HAIKU, OPUS = (
    "moonshot/kimi-k2.6",
    "anthropic/claude-haiku-4.5",
    "anthropic/claude-opus-4.7",
)
CODE = "def total(rows):\n    return sum(row.amount for row in rows)\n" * 300
LOST = StoreError("The disk is broken.", "Mend it.")
WINDOW = 5_400  # about the tokens of CODE


@pytest.fixture(autouse=True)
def _have_keys() -> Iterator[None]:
    with keys():
        yield


def _answers(request: Received) -> Reply:
    return replies.answer(request, "Done.", tokens=(WINDOW, 20))


class Talk:
    """A conversation that grows turn by turn."""

    def __init__(self, home: House, clock: MovableClock) -> None:
        self.clock = clock
        self._home = home
        self._said: tuple[Message, ...] = ()

    async def turn(self, text: str, task: Any) -> Seen:
        """Say ``text`` after everything said so far."""
        history = (*self._said, user(text))
        seen = await self._home.ask(history, task=task)
        assert isinstance(seen.end, Answered)
        self._said = (*history, seen.end.answer.message)
        return seen


@asynccontextmanager
async def _talk(tmp_path: Path, rules: str = REFERENCE) -> AsyncIterator[Talk]:
    """A conversation whose first turn, a refactoring, was answered by Kimi."""
    clock = MovableClock()
    async with house(
        tmp_path,
        dict.fromkeys(("moonshot", "anthropic", "deepseek"), _answers),
        settings=ENVIRONMENT,
        rules={"test.yaml": rules},
        clock=clock,
    ) as home:
        talk = Talk(home, clock)
        first = await talk.turn(f"Split this:\n{CODE}", "refactor")
        assert first.receipt.model == KIMI
        yield talk


async def test_the_second_turn_stays_with_the_cache_and_says_why(tmp_path: Path) -> None:
    """Another model's task stays with the one that holds the prompt, where moving costs more; the
    receipt compares both costs.
    """
    async with _talk(tmp_path) as talk:
        second = await talk.turn("What does it do?", "explain_code")
        assert second.receipt.model == KIMI
        (reason,) = [note for note in second.receipt.notes if "in its cache" in note]
        assert reason.startswith("The task has changed")
        assert HAIKU in reason
        planned = next(event for event in second.events if isinstance(event, Planned))
        assert planned.plan.first.reason == reason


async def test_a_task_that_needs_a_better_model_moves_on(tmp_path: Path) -> None:
    """Where the policy asks for a stronger model the cache does not hold the conversation back."""
    async with _talk(tmp_path) as talk:
        second = await talk.turn("Is this design sound?", "architecture_review")
        assert second.receipt.model == OPUS
        assert not any("in its cache" in note for note in second.receipt.notes)


async def test_a_cheaper_model_pays_for_the_switch(tmp_path: Path) -> None:
    """Where another model is cheaper even without a cache, the policy's choice is taken."""
    async with _talk(tmp_path) as talk:
        assert (await talk.turn("Thanks!", "chat")).receipt.model == "deepseek/v4-flash"


async def test_a_cache_that_has_run_out_is_no_reason(tmp_path: Path) -> None:
    """After the time that the policy gives a cache, the policy's own choice answers again."""
    async with _talk(tmp_path) as talk:
        talk.clock.forward(timedelta(minutes=61))
        assert (await talk.turn("What does it do?", "explain_code")).receipt.model == HAIKU


async def test_stickiness_can_be_switched_off(tmp_path: Path) -> None:
    """`stickiness: {enabled: false}` takes each turn by itself."""
    async with _talk(tmp_path, f"{REFERENCE}  stickiness: {{enabled: false}}\n") as talk:
        assert (await talk.turn("What does it do?", "explain_code")).receipt.model == HAIKU


async def test_what_the_planner_is_told(tmp_path: Path) -> None:
    """The moment, who has a key, who rests or has no credit, each in a sentence; who answers well
    is not in the way.
    """
    async with house(tmp_path, {"one": _answers, "two": _answers, "three": _answers}) as home:
        health, clock = home.providers.health, home.runtime.clock
        cards = {name: home.runtime.catalog.cards[f"{name}/m"] for name in home.cloud}
        now = clock.monotonic()
        for _ in range(3):
            health.started(cards["one"], 10, now)
            health.failed(cards["one"], ProviderError(ErrorKind.OUTAGE, "one", "Down."), now)
        health.started(cards["two"], 10, now)
        health.failed(cards["two"], ProviderError(ErrorKind.BILLING, "two", "Broke."), now)
        health.started(cards["three"], 10, now)
        health.answered(cards["three"], now)
        told = home.runtime._engine._state.context("c1")
        assert {"one", "two", "three"} <= set(told.ready or ())
        assert set(told.blocked) == {"one", "two"}
        assert re.fullmatch(
            r"one failed several times and rests for \d+ s more\.", told.blocked["one"]
        )
        assert told.blocked["two"] == "two is not asked: its account has no credit."
        assert told.budget_left is None
        assert abs((told.now - clock.now()).total_seconds()) < 60
        assert told.now.utcoffset() == clock.now().astimezone().utcoffset()


async def test_what_was_learned_of_providers_outlives_the_program(tmp_path: Path) -> None:
    """A provider that rests still rests after a restart; a record that cannot be read is lost
    without a word.
    """
    async with house(tmp_path, {"one": always(replies.error(503))}) as home:
        for _ in range(3):
            await home.ask("Hello there.")
        asked = len(home.cloud["one"].requests)
        again = home.reopened()
        assert "one/m" in again._engine._state.context("c1").blocked
        home.runtime = again
        await home.ask("Hello there.")
        assert len(home.cloud["one"].requests) == asked
        await again.close()
        third = home.reopened()
        with mock.patch.object(type(third._stores.targets), "since", side_effect=LOST):
            assert third._engine._state.context("c1").blocked == {}
        await third.close()


def _spend(home: House, usd: str, conversation: str) -> None:
    now = home.runtime.clock.now()
    one = attempt(started=now, cost=Cost(Decimal(usd), "computed"))
    home.stores.ledger.record(receipt(one, id=usd, created=now, conversation=conversation))


def _state(home: House, **limits: Any) -> RouterState:
    """The state under other budgets."""
    return RouterState(
        ready=lambda: (), shared=home.providers.shared_health, ledger=home.stores.ledger,
        budget=Budget(**limits), clock=home.runtime.clock,
    )  # fmt: skip


async def test_the_tightest_budget_counts(tmp_path: Path) -> None:
    """What is left is that of the limit that is nearest; another conversation has its own. Where
    a limit does not keep prompts here, the plan needs no number.
    """
    async with house(tmp_path) as home:
        _spend(home, "0.75", "c1")
        limits: dict[str, Any] = {"daily": Decimal(5), "conversation": Decimal(1)}
        assert _state(home, **limits).budget_left("c1") == Decimal("0.25")
        assert _state(home, **limits).budget_left("c2") == 1
        assert _state(home, **limits).context("c1").budget_left == Decimal("0.25")
        assert _state(home).budget_left("c1") is None
        asking = _state(home, **limits, at_limit="ask")
        assert asking.budget_left("c1") is None
        assert asking.at_limit == "ask"
        assert _state(home).spent_today() == Decimal("0.75")


async def test_a_used_up_budget_is_named(tmp_path: Path) -> None:
    """It is used up when all of it is spent, and the sentence says which and how much it was."""
    async with house(tmp_path) as home:
        state = _state(home, daily=Decimal(2), conversation=Decimal(1), at_limit="ask")
        _spend(home, "0.99", "c1")
        assert state.used_up("c1") == ""
        _spend(home, "0.01", "c1")
        assert state.used_up("c1") == "The conversation budget of $1.00 is used up."
        assert state.used_up("c2") == ""
        _spend(home, "1.5", "c3")
        assert state.used_up("c2") == "The daily budget of $2.00 is used up."


async def test_a_ledger_that_cannot_be_read_spends_nothing(tmp_path: Path) -> None:
    """A limit that nobody can check is not spent; without one nothing is held back."""
    async with house(tmp_path) as home:
        with mock.patch.object(type(home.runtime.ledger), "spent", side_effect=LOST):
            limited = _state(home, daily=Decimal(2))
            assert limited.budget_left("c1") == 0
            assert limited.used_up("c1") == "The budget cannot be checked."
            assert limited.spent_today() == 0
            assert _state(home).budget_left("c1") is None


async def test_the_cache_of_a_conversation_is_remembered(tmp_path: Path) -> None:
    """Who answered last, for which task, what it read from or wrote to its cache, and when; the
    longest known of very many conversations are forgotten, and no other.
    """
    async with house(tmp_path, clock=StandingClock()) as home:
        state = _state(home)
        assert state.holding("c0") is None
        usage = Usage(1, 20, 300, 4_000, 50_000)
        state.answered("c0", "mock/m", usage, "chat")
        assert state.holding("c0") == Holding("mock/m", 4_320, "chat", 4_321, THE_DAY)
        for number in range(1, 1_000):
            state.answered(f"c{number}", "mock/m", usage, "chat")
        state.answered("c999", "mock/n", usage, "chat")
        assert state.holding("c0") is not None
        state.answered("c1000", "mock/m", usage, "chat")
        assert state.holding("c0") is None
        assert state.holding("c1") is not None
        last = state.holding("c999")
        assert last is not None
        assert last.model == "mock/n"


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
