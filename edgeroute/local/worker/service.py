"""Requests in turn, one model in memory, and memory given back when nobody asks."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from edgeroute.core.errors import EdgeRouteError, LocalModelError
from edgeroute.local import hardware
from edgeroute.local.files.catalogue import Build
from edgeroute.local.files.models import LocalModels
from edgeroute.local.files.recommend import bytes_needed
from edgeroute.local.hardware import GIB
from edgeroute.local.worker.context import GenerationStopped
from edgeroute.local.worker.host import Host
from edgeroute.local.worker.steps import Asked, Ended, Step, Waits, steps_of
from edgeroute.local.worker.turn_queue import Ticket, TurnQueue

T = TypeVar("T")

_WINDOWS: Final = (16_384, 8_192, 4_096, 2_048)
# So long an answer is computed before others get their turn: most have ended by then.
_FIRST_SLICE: Final = 10.0
_SLICE: Final = 3.0
_LOOK_SECONDS: Final = 0.25


@dataclass(slots=True, eq=False)
class _Job:
    """One answer under way. ``hand_over`` takes its steps, from the thread; ``spent`` are the
    seconds that it was computed.
    """

    asked: Asked
    hand_over: Callable[[Step | Exception], None]
    stop: threading.Event
    steps: Iterator[Step | None] | None = None
    spent: float = 0.0


class WorkerService:
    """Hosts one model at a time in its own thread.

    ``window`` of 0 is by memory, ``threads`` of 0 by measured speed; ``host`` has the model in
    memory.
    """

    def __init__(
        self,
        models: LocalModels,
        *,
        window: int = 0,
        threads: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.models = models
        self.state = "idle"
        self.host: Host | None = None
        self.turns = TurnQueue()
        self._window = window
        self._threads = threads
        self._monotonic = monotonic
        self._used = monotonic()
        self._open = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="llama")

    @property
    def idle_seconds(self) -> float:
        """How long nobody has asked anything."""
        return 0.0 if self._open else self._monotonic() - self._used

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def answer(self, asked: Asked) -> AsyncGenerator[Step, None]:
        """The answer, step by step, ending with ``Ended``; closing the iterator stops it.

        Raises:
            EdgeRouteError: no such model, no memory, the prompt is too long, too many wait,
                llama.cpp failed.
        """
        loop = asyncio.get_running_loop()
        steps: asyncio.Queue[Step | Exception] = asyncio.Queue()

        def hand_over(step: Step | Exception) -> None:
            loop.call_soon_threadsafe(steps.put_nowait, step)

        job = _Job(asked, hand_over, threading.Event())
        self._open += 1
        working = asyncio.create_task(self._compute(job))
        try:
            while True:
                step = await steps.get()
                if isinstance(step, Exception):
                    raise step
                yield step
                if isinstance(step, Ended):
                    return
        finally:
            job.stop.set()
            # Whoever comes next must find the thread free, even if we are being cancelled.
            await asyncio.shield(working)
            self._open -= 1
            self._used = self._monotonic()

    async def _compute(self, job: _Job) -> None:
        """Compute ``job`` to its end, slice by slice, each in its turn."""
        try:
            model = self.models.choose(job.asked.request.model).id
            ticket = Ticket(model, rank=0 if job.asked.urgent else 1)
            while True:
                await self._turn(job, ticket)
                over, began = True, self._monotonic()
                try:
                    over = await self._run(lambda: self._slice(job, ticket))
                finally:
                    self.state = "ready" if self.host else "idle"
                    job.spent += self._monotonic() - began
                    self.turns.used(ticket, over=over, seconds=job.spent)
                if over:
                    return
        except EdgeRouteError as error:
            job.hand_over(error)

    async def _turn(self, job: _Job, ticket: Ticket) -> None:
        """Wait for the turn of ``ticket``, unless nobody wants the answer any more."""
        taking, told = asyncio.ensure_future(self.turns.take(ticket)), 0
        while not taking.done():
            await asyncio.wait({taking}, timeout=_LOOK_SECONDS)
            if taking.done() or ticket.begun:
                continue
            if job.stop.is_set():
                taking.cancel()
                raise LocalModelError("Nobody waits for the answer any more.")
            ahead, seconds = self.turns.ahead(ticket)
            if ahead != told:
                told = ahead
                job.hand_over(Waits(ahead, round(seconds, 1)))
        await taking

    def _slice(self, job: _Job, ticket: Ticket) -> bool:
        """Compute ``job`` until its slice is over; whether the answer is. Runs in the thread."""
        until = self._monotonic() + (_SLICE if job.steps else _FIRST_SLICE)
        try:
            host = self._ready(job.asked.request.model)
            host.stop = job.stop.is_set
            self.state = "answering"
            job.steps = job.steps or steps_of(host, job.asked)
            for step in job.steps:
                if step is not None:
                    job.hand_over(step)
                if self._monotonic() > until and self.turns.give_way(ticket):
                    return False
        except GenerationStopped:
            return True
        except EdgeRouteError as error:
            job.hand_over(error)
        except Exception:  # llama.cpp and ctypes raise whatever they like
            logging.getLogger(__name__).exception("llama.cpp failed")
            self.unload()
            job.hand_over(
                LocalModelError(
                    "llama.cpp failed while it answered.",
                    "Try again; llama.log in EdgeRoute's state folder says more.",
                )
            )
        return True

    def _ready(self, model: str) -> Host:
        """The host of ``model``, loaded if need be. Runs in the thread."""
        build = self.models.choose(model)
        if self.host is not None and self.host.build == build:
            return self.host
        self.unload()
        self.state = "loading"
        path = self.models.path(build)
        window = self._fitting_window(build)
        machine = self.models.machine
        self.host = Host(
            build, path, window, self._threads, cores=machine.cores, memory=machine.memory
        )
        return self.host

    def _fitting_window(self, build: Build) -> int:
        window = self.models.window(build, self._window)
        free = hardware.available_memory()
        if not free:
            return window
        for smaller in (window, *(size for size in _WINDOWS if size < window)):
            if bytes_needed(build, smaller) <= free:
                return smaller
        needed = bytes_needed(build, _WINDOWS[-1])
        raise LocalModelError(
            f"{build.id} needs about {needed / GIB:.1f} GB of memory, and {free / GIB:.1f} GB "
            "is free.",
            "Close other programs, or choose a smaller model with `edgeroute models use`.",
        )

    def unload(self) -> None:
        """Free the model's memory. Runs in the thread."""
        host, self.host = self.host, None
        if host is not None:
            host.close()

    async def unload_idle(self) -> None:
        """Free the model's memory, unless somebody is waiting for it."""
        if not self._open and self.host is not None:
            await self._run(self.unload)
            self.state = "idle"
