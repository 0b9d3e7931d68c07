"""Short calls that may wait for the disk, beside the event loop: less ado than a thread pool.

A request makes three such calls. ``asyncio.to_thread`` would cost each of them a future that
threads share, a copy of the context and four locks.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, NamedTuple, TypeVar, cast

T = TypeVar("T")

MOST: Final = 6  # threads
_LOOK_SECONDS: Final = 0.005


class _Call(NamedTuple):
    work: Callable[[], object]
    loop: asyncio.AbstractEventLoop
    told: asyncio.Future[object]


class Threads:
    """Runs calls in at most ``most`` threads, which are begun as they are needed."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        self._lock = threading.Lock()
        self._begun = 0
        self._under_way = 0

    async def call(self, work: Callable[[], T]) -> T:
        """What ``work`` gives or raises. Whoever stops waiting does not stop it."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Any] = loop.create_future()
        with self._lock:
            self._under_way += 1
            begin = self._begun < min(self._under_way, self._most)
            self._begun += begin
        self._calls.put(_Call(work, loop, told))
        if begin:
            threading.Thread(target=self._run, name="call", daemon=True).start()
        return cast("T", await told)

    def drain(self, seconds: float = 10.0) -> None:
        """Wait until nothing is under way, at most so long: who stopped waiting wants it kept."""
        until = time.monotonic() + seconds
        while self._under_way and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)

    def _run(self) -> None:
        while True:
            self._answer(self._calls.get())
            with self._lock:
                self._under_way -= 1

    @staticmethod
    def _answer(call: _Call) -> None:
        """Do what is asked for, and tell its loop, which may have ended meanwhile."""
        found: object = None
        failed: BaseException | None = None
        try:
            found = call.work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
            failed = error
        try:
            call.loop.call_soon_threadsafe(_tell, call.told, found, failed)
        except RuntimeError:  # the loop is closed: nobody waits
            return


def _tell(told: asyncio.Future[object], found: object, failed: BaseException | None) -> None:
    if told.done():  # whoever waited has been stopped
        return
    if failed is None:
        told.set_result(found)
    elif isinstance(failed, StopIteration):  # no future takes it
        told.set_exception(RuntimeError("a call raised StopIteration"))
    else:
        told.set_exception(failed)


THREADS: Final = Threads()
"""Those of this process, which ends once they are done."""
atexit.register(THREADS.drain)
