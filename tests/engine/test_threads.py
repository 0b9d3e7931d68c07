"""Calls beside the event loop."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from edgeroute.core.errors import StoreError
from edgeroute.engine.threads import Threads


async def test_a_call_gives_what_its_work_gives_in_another_thread() -> None:
    """Its value comes back, and the loop's own thread does not do it."""
    assert await Threads().call(threading.get_ident) != threading.get_ident()


async def test_a_call_raises_what_its_work_raises() -> None:
    """As it was; a ``StopIteration``, which no coroutine can raise, as an error all the same."""

    def stops() -> None:
        raise StopIteration

    def breaks() -> None:
        raise StoreError("The disk is full.")

    threads = Threads()
    with pytest.raises(StoreError, match="full"):
        await threads.call(breaks)
    with pytest.raises(RuntimeError):
        await threads.call(stops)
    assert await threads.call(lambda: 1) == 1


async def test_calls_run_side_by_side_up_to_the_most() -> None:
    """As many as there are threads are under way together, and the rest wait for one."""
    threads, together = Threads(most=3), threading.Barrier(3)
    assert len(await asyncio.gather(*(threads.call(partial(together.wait, 5)) for _ in "abc"))) == 3
    free, begun = threading.Event(), threading.Semaphore(0)

    def work() -> None:
        begun.release()
        free.wait(5)

    waiting = asyncio.gather(*(threads.call(work) for _ in range(4)))
    for _ in range(3):
        assert await asyncio.to_thread(begun.acquire, timeout=5)
    assert not await asyncio.to_thread(begun.acquire, timeout=0.02)
    free.set()
    await waiting


async def test_who_is_stopped_does_not_stop_the_work() -> None:
    """A caller who hangs up leaves a record that is being written whole."""
    threads, free, done = Threads(), threading.Event(), threading.Event()

    def work() -> None:
        free.wait(5)
        done.set()

    call = asyncio.create_task(threads.call(work))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    threads.drain(0.02)
    assert not done.is_set()
    free.set()
    threads.drain()
    assert done.is_set()
    assert await threads.call(lambda: 1) == 1


def test_a_loop_that_has_ended_breaks_no_thread() -> None:
    """A call that outlives its loop is done, and later loops are served."""
    threads, free = Threads(most=1), threading.Event()

    async def leaves() -> None:
        asyncio.create_task(threads.call(lambda: free.wait(5)))  # noqa: RUF006 - it is left
        await asyncio.sleep(0.01)

    asyncio.run(leaves())
    free.set()
    assert asyncio.run(threads.call(lambda: 1)) == 1
