"""Requests in turn, one model in memory, and memory given back when nobody asks."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, TypeVar

from edgeroute.core.errors import EdgeRouteError, LocalModelError
from edgeroute.local import hardware
from edgeroute.local.files.catalogue import Build
from edgeroute.local.files.models import LocalModels
from edgeroute.local.files.recommend import bytes_needed
from edgeroute.local.hardware import GIB
from edgeroute.local.worker.context import LANES, GenerationStopped
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
    seconds that it was computed. ``host`` draws it; ``turn`` is told whether it is over when its
    slice is, ``until`` then.
    """

    asked: Asked
    ticket: Ticket
    hand_over: Callable[[Step | Exception], None]
    turn: asyncio.Future[bool]
    stop: threading.Event = field(default_factory=threading.Event)
    steps: Iterator[Step | None] | None = None
    host: Host | None = None
    spent: float = 0.0
    until: float = 0.0


class WorkerService:
    """Hosts one model at a time in its own thread, which draws a few answers in turn.

    ``window`` of 0 is by memory, ``threads`` of 0 by measured speed; ``host`` has the model in
    memory, and those that are ``pinned`` stay there.
    """

    def __init__(
        self,
        models: LocalModels,
        *,
        window: int = 0,
        threads: int = 0,
        pinned: Collection[str] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.models = models
        self.state = "idle"
        self.host: Host | None = None
        self.turns = TurnQueue(together=LANES)
        self._window = window
        self._threads = threads
        self._pinned = pinned
        self._monotonic = monotonic
        self._used = monotonic()
        self._open = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="llama")
        self._joining: list[_Job] = []
        self._drawing = False
        self._lock = threading.Lock()

    @property
    def idle_seconds(self) -> float:
        """How long nobody has asked anything of a model that may go."""
        pinned = self.host is not None and self.host.build.id in self._pinned
        return 0.0 if self._open or pinned else self._monotonic() - self._used

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

        rank = 0 if asked.urgent else 1 if asked.private else 2
        ticket = Ticket("", rank, _company(asked), asked.deadline)
        job = _Job(asked, ticket, hand_over, loop.create_future())
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
        loop, ticket, over = asyncio.get_running_loop(), job.ticket, False
        try:
            ticket.model = self.models.choose(job.asked.request.model).id
            while not over:
                await self._turn(job, ticket)
                began, job.turn = self._monotonic(), loop.create_future()
                job.until = began + (_SLICE if job.steps else _FIRST_SLICE)
                if self.state == "loading":
                    job.hand_over(Waits(1, round(self.turns.expected_seconds, 1)))
                self._join(job)
                over = await job.turn
                job.spent += self._monotonic() - began
                self.turns.used(ticket, over=over, seconds=job.spent)
        except EdgeRouteError as error:
            job.hand_over(error)

    def _join(self, job: _Job) -> None:
        """Have the thread compute ``job``, too."""
        with self._lock:
            self._joining.append(job)
            begin, self._drawing = not self._drawing, True
        if begin:
            self._thread.submit(self._draw)

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

    def _draw(self) -> None:
        """Compute those that have joined, a step of each in turn. Runs in the thread."""
        jobs: list[_Job] = []
        while True:
            with self._lock:
                jobs += self._joining
                self._joining.clear()
                if not jobs:
                    self._drawing = False
                    self.state = "ready" if self.host else "idle"
                    return
            for job in list(jobs):
                over = self._advance(job)
                if over is None:
                    continue
                jobs.remove(job)
                if len(jobs) == 0:
                    self.state = "ready" if self.host else "idle"
                job.turn.get_loop().call_soon_threadsafe(job.turn.set_result, over)

    def _advance(self, job: _Job) -> bool | None:
        """Compute one step of ``job``; None where its turn goes on, else whether its answer is
        over.
        """
        try:
            host = self._host_of(job)
            host.stop = job.stop.is_set
            self.state = "answering"
            assert job.steps is not None
            for step in job.steps:
                if step is not None:
                    job.hand_over(step)
                others = self.turns.give_way(job.ticket) or host.cramped
                if others and self._monotonic() > job.until:
                    host.give_way()
                    return False
                return None
        except GenerationStopped:
            return True
        except EdgeRouteError as error:
            job.hand_over(error)
        except Exception:  # llama.cpp and ctypes raise whatever they like
            logging.getLogger(__name__).exception("llama.cpp failed")
            self.unload()
            job.hand_over(_broke())
        return True

    def _host_of(self, job: _Job) -> Host:
        """Who draws ``job``.

        Raises:
            LocalModelError: whoever has drawn it so far has failed.
        """
        if job.host is None:
            job.host = self._ready(job.asked.request.model)
            job.steps = steps_of(job.host, job.asked)
        elif job.host is not self.host:
            raise _broke()
        return job.host

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


def _company(asked: Asked) -> str:
    """Who may be computed beside ``asked``: what one waits for is not slowed down by programs.

    What is computed beside others rounds differently, so what must repeat is alone.
    """
    if asked.aside or asked.request.sampling.seed is not None:
        return ""
    return "person" if asked.urgent else "program"


def _broke() -> LocalModelError:
    return LocalModelError(
        "llama.cpp failed while it answered.",
        "Try again; llama.log in EdgeRoute's state folder says more.",
    )
