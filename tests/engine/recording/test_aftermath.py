"""What is done once an answer is out."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from functools import partial

import pytest

from edgeroute.engine.recording.aftermath import Aftermath


async def test_jobs_run_in_order_and_are_done_before_the_end() -> None:
    """One after the other; closing waits for what is left, and a later job begins anew."""
    aftermath, done = Aftermath(), list[int]()
    for number in range(50):
        aftermath.later(partial(done.append, number))
    await aftermath.drain()
    assert done == list(range(50))
    aftermath.later(lambda: done.append(50))
    await aftermath.close()
    aftermath.later(lambda: done.append(51))
    await aftermath.close()
    assert done == list(range(52))


async def test_what_waits_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Beyond the most that may wait, jobs are left out, and nobody waits for them."""
    aftermath, free, done = Aftermath(most=2), threading.Event(), list[int]()
    aftermath.later(free.wait)
    aftermath.later(lambda: done.append(1))
    aftermath.later(lambda: done.append(2))
    assert await aftermath.done(lambda: [3]) == []
    free.set()
    await aftermath.close()
    assert done == [1]
    assert caplog.text.count("left out") == 1, "it is not said of each"


async def test_a_job_that_fails_costs_its_lesson_only(caplog: pytest.LogCaptureFixture) -> None:
    """The log keeps the error's type, never its words, and the next job runs."""
    aftermath = Aftermath()

    def breaks() -> list[int]:
        raise ValueError("words of a prompt")

    assert await aftermath.done(breaks) == []
    assert await asyncio.wait_for(aftermath.done(lambda: [1]), 5) == [1]
    assert "ValueError" in caplog.text
    assert "words" not in caplog.text
    await aftermath.close()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priorities of their own here")
async def test_what_is_learned_gives_way_to_answers() -> None:
    """Its thread comes after those that somebody waits for; theirs stays as it was."""
    aftermath = Aftermath()

    def urgency() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    (later,) = await aftermath.done(lambda: [urgency()])
    assert later > urgency()
    await aftermath.close()
