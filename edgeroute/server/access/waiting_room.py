"""How many requests are answered at once, and how those beyond that wait for their turn."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from edgeroute.server.http_refusal import HttpRefusal

FIRST: Final = 0
NEXT: Final = 1


class NoPlace(HttpRefusal):
    """There is no place for a request."""

    def __init__(self, retry_after: int) -> None:
        said = "Too many requests are under way."
        super().__init__(429, "busy", said, "Try again shortly.", retry_after=retry_after)


@dataclass(order=True)
class _Waiting:
    priority: int
    number: int
    called: asyncio.Future[None] = field(compare=False)


class WaitingRoom:
    """``places`` requests are under way, at most ``most`` others wait, each for ``seconds``."""

    def __init__(self, places: int = 64, most: int = 256, seconds: float = 30.0) -> None:
        self._free = places
        self._most = most
        self._seconds = seconds
        self._queue: list[_Waiting] = []
        self._number = 0

    @asynccontextmanager
    async def place(self, priority: int = NEXT) -> AsyncIterator[None]:
        """A place while the block runs; those of priority ``FIRST`` are called before others.

        Raises:
            NoPlace: too many wait, or none was free in time.
        """
        if self._free:
            self._free -= 1
        else:
            await self._called(priority)
        try:
            yield
        finally:
            self._leave()

    async def _called(self, priority: int) -> None:
        if len(self._queue) >= self._most:
            raise NoPlace(1)
        self._number += 1
        mine = _Waiting(priority, self._number, asyncio.get_running_loop().create_future())
        heapq.heappush(self._queue, mine)
        try:
            async with asyncio.timeout(self._seconds):
                await mine.called
        except BaseException as error:
            if mine in self._queue:
                self._queue.remove(mine)
                heapq.heapify(self._queue)
            elif not mine.called.cancelled():
                self._leave()  # the call came too late for whoever waited
            if isinstance(error, TimeoutError):
                raise NoPlace(5) from None
            raise

    def _leave(self) -> None:
        while self._queue:
            called = heapq.heappop(self._queue).called
            if not called.done():  # it is where its request was given up this very moment
                called.set_result(None)
                return
        self._free += 1
