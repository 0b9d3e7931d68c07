"""A conversation stays where its prompt is cached, and moves where that no longer pays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.events import Answered, Planned
from edgeroute.core.messages import Message, user
from tests.support import replies
from tests.support.clocks import MovableClock
from tests.support.house import House, Seen, house
from tests.support.routing import REFERENCE
from tests.support.scripted_provider import Received, Reply
from tests.support.strategies import ENVIRONMENT, keys

KIMI, HAIKU, OPUS = (
    "moonshot/kimi-k2.6",
    "anthropic/claude-haiku-4.5",
    "anthropic/claude-opus-4.7",
)
CODE = "def total(rows):\n    return sum(row.amount for row in rows)\n" * 300
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
