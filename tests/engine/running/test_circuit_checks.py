"""Checks of blocked providers: without content, in the background, and rarely."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from edgeroute.core.verdict import PrivacyMode
from tests.support import replies
from tests.support.clocks import MovableClock
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, House, house
from tests.support.scripted_provider import Received, Reply

FAST = {"resilience.yaml": "retry: {pause_from: 0.0, pause_to: 0.01}\n"}


class Mender:
    """A provider that fails until it is mended."""

    def __init__(self) -> None:
        self.well = False

    def __call__(self, asked: Received) -> Reply:
        """503, or an answer."""
        return replies.answer(asked, "Mended.") if self.well else replies.error(503)


def _checks(home: House) -> list[Received]:
    return [one for one in home.cloud["a"].requests if one.method == "GET"]


def _tries(home: House) -> int:
    return sum(one.method == "POST" for one in home.cloud["a"].requests)


async def _settle(home: House) -> None:
    for task in list(home.runtime._engine._checks._running):
        await asyncio.wait_for(asyncio.shield(task), 10)


async def test_a_provider_that_is_mended_is_found_before_its_block_is_over(tmp_path: Path) -> None:
    """After 20 s a prompt brings about one check, which holds nothing of it; answered, the next
    prompt is that provider's again.
    """
    mender, clock = Mender(), MovableClock()
    async with house(tmp_path, {"a": mender}, rules=FAST, clock=clock) as home:
        for _ in range(2):
            await home.ask(OPEN)
        assert _tries(home) == 3
        assert (await home.ask(OPEN)).text == LOCAL_ANSWER
        assert not _checks(home)
        mender.well = True
        clock.forward(timedelta(seconds=21))
        assert (await home.ask(OPEN)).text == LOCAL_ANSWER
        await _settle(home)
        (check,) = _checks(home)
        assert check.body == b""
        assert check.path.endswith("/models")
        assert (await home.ask(OPEN)).text == "Mended."
        assert (await home.ask(OPEN)).text == "Mended."
        assert len(_checks(home)) == 1


async def test_a_check_that_fails_changes_nothing_and_the_next_one_waits_longer(
    tmp_path: Path,
) -> None:
    """While the provider is down no prompt reaches it, and checks come after 20, then 40 s."""
    clock = MovableClock()
    async with house(tmp_path, {"a": Mender()}, rules=FAST, clock=clock) as home:
        for _ in range(2):
            await home.ask(OPEN)
        for seconds, checks in ((21, 1), (21, 1), (21, 2)):
            clock.forward(timedelta(seconds=seconds))
            assert (await home.ask(OPEN)).text == LOCAL_ANSWER
            await _settle(home)
            assert len(_checks(home)) == checks
        assert _tries(home) == 3


async def test_what_must_stay_here_checks_nobody(tmp_path: Path) -> None:
    """A private prompt, a private conversation and a wish for the local model connect nowhere."""
    mender, clock = Mender(), MovableClock()
    async with house(tmp_path, {"a": mender}, rules=FAST, clock=clock) as home:
        for _ in range(2):
            await home.ask(OPEN)
        clock.forward(timedelta(seconds=100))
        connections = len(home.cloud["a"].requests)
        await home.ask(PRIVATE)
        await home.ask(OPEN, privacy=PrivacyMode.PRIVATE)
        await home.ask(OPEN, model="local")
        await _settle(home)
        assert len(home.cloud["a"].requests) == connections


async def test_other_processes_and_the_doctor_see_the_block(tmp_path: Path) -> None:
    """Another runtime over the same files knows the block at once, plans without the model, says
    why, and lists it among the providers.
    """
    async with house(tmp_path, {"a": Mender()}, rules=FAST) as home:
        for _ in range(2):
            seen = await home.ask(OPEN)
        assert any("a/m failed several times" in note for note in seen.receipt.notes)
        await home.learned()
        other = home.reopened()
        try:
            row = next(one for one in other.providers.status() if one.id == "a")
            assert row.state == "limited"
            assert "a/m failed several times" in row.detail
            from tests.support.house import request

            explained = await other.engine.explain(request(OPEN))
            skipped = {one.model: one.reason for one in explained.plan.skipped}
            assert "failed several times and rests for" in skipped["a/m"]
        finally:
            await other.close()
