"""What is done once an answer is out: learning, statistics, alerts. Nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)

MOST_WAITING: Final = 200
_LESS_URGENT: Final = 10  # steps of niceness below the threads that answer
_SAID_EVERY: Final = 60.0  # seconds
_PAUSE: Final = 0.003  # seconds, in which an answer is written without a thread in its way


class Aftermath:
    """Runs jobs one after the other, in a thread of its own.

    While ``most`` wait, later ones are left out: they only help, and memory must not grow.
    """

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._places = threading.BoundedSemaphore(most)
        self._worker: ThreadPoolExecutor | None = None
        self._left_out = 0
        self._say_from = 0.0

    async def done(self, job: Callable[[], list[T]]) -> list[T]:
        """What ``job`` finds, after the jobs before it; nothing where it goes wrong."""
        running = self._submit(job, 0)
        found = None if running is None else await asyncio.wrap_future(running)
        return found or []

    def later(self, job: Callable[[], T]) -> Future[T | None] | None:
        """Run ``job`` soon, once the answer is on its way to its caller. What goes wrong in it is
        logged without its words.
        """
        return self._submit(job, time.monotonic() + _PAUSE)

    def _submit(self, job: Callable[[], T], due: float) -> Future[T | None] | None:
        if not self._places.acquire(blocking=False):
            self._leave_out()
            return None
        if self._worker is None:
            self._worker = ThreadPoolExecutor(
                1, thread_name_prefix="aftermath", initializer=_give_way
            )
        return self._worker.submit(self._run, job, due)

    async def drain(self) -> None:
        """Wait until what was asked for so far is done."""
        if self._worker is not None:
            await asyncio.wrap_future(self._worker.submit(lambda: None))

    async def close(self) -> None:
        """Do what is left, and end the thread; a later job begins anew."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await asyncio.to_thread(worker.shutdown)

    def _leave_out(self) -> None:
        """Count an answer that nobody learns from, and say so now and then."""
        self._left_out += 1
        now = time.monotonic()
        if now >= self._say_from:
            log.warning("too busy to learn from answers; left out so far: %d", self._left_out)
            self._say_from = now + _SAID_EVERY

    def _run(self, job: Callable[[], T], due: float) -> T | None:
        try:
            time.sleep(max(0.0, due - time.monotonic()))
            return job()
        except Exception as error:  # noqa: BLE001 - the answer is out, only the lesson is lost
            log.warning("nothing was learned from an answer: %s", type(error).__name__)
            return None
        finally:
            self._places.release()


def _give_way() -> None:
    """Let threads that somebody waits for go first, where threads have priorities."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            usual = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, usual + _LESS_URGENT)
