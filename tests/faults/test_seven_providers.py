"""Seven providers under their real names and the packaged policy: whoever lives is asked before the
local model, and the receipt tells what happened.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Final
from unittest import mock

import pytest

from edgeroute.core.model_card import Place
from edgeroute.datafile import packaged
from tests.support import replies
from tests.support.clocks import MovableClock
from tests.support.house import House, Seen, house
from tests.support.scripted_provider import Behaviour, Received, Reply, Reset, always

SEVEN: Final = ("anthropic", "openai", "deepseek", "moonshot", "gemini", "minimax", "openrouter")
FAULTS: Final[tuple[Behaviour, ...]] = (
    always(replies.error(503, kind="server_error")),
    always([Reset()]),
    always(replies.error(401, "invalid_api_key")),
)
QUESTIONS: Final = ("Good morning!", "Write a ring buffer in Python.")


def _well(request: Received) -> Reply:
    return replies.answer(request, "It is well.")


@pytest.fixture
async def seven(tmp_path: Path) -> AsyncIterator[House]:
    """A house with all seven, under the policy that is packaged as the default."""
    keys = {f"{name.upper()}_API_KEY": "sk-test" for name in SEVEN}
    own = {
        "test.yaml": (packaged("rules") / "default.yaml").read_text(),
        "resilience.yaml": "retry: {pause_from: 0.0, pause_to: 0.01}\n",
    }
    with mock.patch.dict(os.environ, keys):
        async with house(
            tmp_path,
            dict.fromkeys(SEVEN, _well),
            settings="[keys]\nenvironment = true\n",
            rules=own,
            clock=MovableClock(),
        ) as home:
            yield home


async def _ask(home: House, down: tuple[str, ...], question: str) -> Seen:
    """Ask while ``down`` fail, each in its own way; then let an hour pass, so that all are well."""
    for name, server in home.cloud.items():
        server.behave(FAULTS[down.index(name) % len(FAULTS)] if name in down else _well)
    seen = await home.ask(question)
    clock = home.runtime.clock
    assert isinstance(clock, MovableClock)
    clock.forward(timedelta(hours=1))
    return seen


@pytest.mark.parametrize("question", QUESTIONS)
async def test_three_of_seven_down_and_a_managed_model_answers(seven: House, question: str) -> None:
    """Whichever three are down, one of the four that live answers, and the first line of the
    receipt that it answers after a failure names that failure.
    """
    for down in combinations(SEVEN, 3):
        seen = await _ask(seven, down, question)
        receipt = seen.receipt
        assert receipt.route is Place.CLOUD, (down, receipt.attempts)
        assert receipt.model.partition("/")[0] not in down
        asked = [attempt.model.partition("/")[0] for attempt in receipt.attempts]
        assert "openrouter" not in asked[:-1], "the gateway is asked last"
        if len(receipt.attempts) > 1:
            failed = receipt.attempts[-2]
            assert receipt.attempts[-1].reason.startswith(f"{failed.model} failed (")


async def test_one_living_provider_answers(seven: House) -> None:
    """Six of seven are down, each in turn the seventh lives: it answers."""
    for living in SEVEN:
        down = tuple(name for name in SEVEN if name != living)
        seen = await _ask(seven, down, QUESTIONS[0])
        assert seen.receipt.model.partition("/")[0] == living


async def test_all_down_and_the_local_model_says_why(seven: House) -> None:
    """With all seven down the local model answers, each of them was asked once at least, and the
    receipt's sentence names what became of every one.
    """
    seen = await _ask(seven, SEVEN, QUESTIONS[0])
    receipt = seen.receipt
    assert receipt.route is Place.LOCAL
    assert {attempt.model.partition("/")[0] for attempt in receipt.attempts} >= set(SEVEN)
    reason = receipt.attempts[-1].reason
    assert all(f"{attempt.model} failed (" in reason for attempt in receipt.attempts[:-1])


async def test_a_named_model_is_never_replaced_by_another_vendors(seven: House) -> None:
    """Whoever names a model gets it or the local one, whoever else lives."""
    for server in seven.cloud.values():
        server.behave(_well)
    seven.cloud["deepseek"].behave(FAULTS[0])
    seen = await seven.ask(QUESTIONS[0], model="deepseek/v4.1-flash")
    assert seen.receipt.route is Place.LOCAL
    assert "deepseek/v4.1-flash failed (outage)" in seen.receipt.attempts[-1].reason
    assert {attempt.model for attempt in seen.receipt.attempts[:-1]} == {"deepseek/v4.1-flash"}
