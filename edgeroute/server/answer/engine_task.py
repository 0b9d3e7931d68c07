"""One request under way: the engine's events, and a caller who may hang up at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from starlette.types import Receive

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from edgeroute.core.events import Event
    from edgeroute.core.request import ChatRequest
    from edgeroute.engine.engine import Engine

# How far the engine may run ahead of a slow reader.
_AHEAD: Final = 64


class HungUp(Exception):
    """The caller is gone; nobody reads the answer."""


class EngineTask:
    """The events of one request, in order.

    The engine runs in one task of its own, which is cancelled, and so closed, as soon as the
    caller hangs up.
    """

    def __init__(
        self,
        events: asyncio.Queue[Event],
        running: asyncio.Task[None],
        gone: asyncio.Task[None],
    ) -> None:
        self._events = events
        self._running = running
        self._gone = gone

    async def next(self, patience: float | None = None) -> Event | None:
        """The next event, or None after the last one.

        Raises:
            TimeoutError: none came within ``patience`` seconds; ask again.
            HungUp: the caller is gone.
        """
        if self._events.empty() and not self._running.done():
            coming = asyncio.ensure_future(self._events.get())
            watched = {coming, self._running, self._gone}
            try:
                await asyncio.wait(watched, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            finally:
                arrived = not coming.cancel()
            if arrived and not self._gone.done():
                return coming.result()
            if not self._running.done() and not self._gone.done():
                raise TimeoutError
        if self._gone.done():
            raise HungUp
        if not self._events.empty():
            return self._events.get_nowait()
        self._running.result()
        return None


@asynccontextmanager
async def answering(
    engine: Engine, request: ChatRequest, receive: Receive
) -> AsyncIterator[EngineTask]:
    """Answer ``request`` while the block runs; leaving it early stops the engine."""
    events: asyncio.Queue[Event] = asyncio.Queue(_AHEAD)

    async def run() -> None:
        stream: AsyncGenerator[Event] = engine.stream(request)
        async with aclosing(stream):
            async for event in stream:
                await events.put(event)

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    running, gone = asyncio.create_task(run()), asyncio.create_task(watch())
    try:
        yield EngineTask(events, running, gone)
    finally:
        for task in (running, gone):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):  # it has been told, or nobody asks
                await task
