"""Requests in turn, one model in memory, and memory given back when nobody asks."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from edgeroute.core.answer import FinishReason
from edgeroute.core.errors import EdgeRouteError, LocalModelError
from edgeroute.core.request import ChatRequest
from edgeroute.local import hardware
from edgeroute.local.files.catalogue import Build
from edgeroute.local.files.models import LocalModels
from edgeroute.local.files.recommend import bytes_needed
from edgeroute.local.hardware import GIB
from edgeroute.local.worker.host import Counts, GenerationStopped, Host, Token
from edgeroute.local.worker.output import Meaning, OutputReader, StopWatch, Verbatim
from edgeroute.local.worker.prompt import Prompt, Thinking, write, write_gap

T = TypeVar("T")

_WINDOWS: Final = (16_384, 8_192, 4_096, 2_048)


@dataclass(frozen=True, slots=True)
class Piece:
    """One step of an answer: a token (none at the very end) and what it means so far."""

    token: Token | None
    meanings: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The last step: why, and how many tokens."""

    finish: FinishReason
    counts: Counts


Step = Piece | Ended


class WorkerService:
    """Hosts one model at a time in its own thread.

    ``window`` of 0 is by memory, ``threads`` of 0 by cores; ``host`` has the model in memory.
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
        self._window = window
        self._threads = threads
        self._monotonic = monotonic
        self._used = monotonic()
        self._waiting = 0
        self.host: Host | None = None
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="llama")

    @property
    def waiting(self) -> int:
        """How many requests are being answered or wait for that."""
        return self._waiting

    @property
    def idle_seconds(self) -> float:
        """How long nobody has asked anything."""
        return 0.0 if self._waiting else self._monotonic() - self._used

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1
            self._used = self._monotonic()
            self.state = "ready" if self.host else "idle"

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def answer(
        self,
        request: ChatRequest,
        *,
        thinking: bool,
        top: int | None = None,
        aside: bool = False,
    ) -> AsyncGenerator[Step, None]:
        """The answer, step by step, ending with ``Ended``; closing the iterator stops it.

        What is asked ``aside`` leaves the conversation in the cache, and has its own first turn
        kept there.

        Raises:
            EdgeRouteError: no such model, no memory, the prompt is too long, llama.cpp failed.
        """
        loop = asyncio.get_running_loop()
        steps: asyncio.Queue[Step | Exception] = asyncio.Queue()
        stop = threading.Event()

        def hand_over(step: Step | Exception) -> None:
            loop.call_soon_threadsafe(steps.put_nowait, step)

        def work() -> None:
            try:
                host = self._ready(request.model)
                host.stop = stop.is_set
                if not self._threads:
                    host.use_threads(hardware.threads_now(self.models.machine.cores))
                self.state = "answering"
                for step in _steps(host, request, thinking=thinking, top=top, aside=aside):
                    hand_over(step)
            except GenerationStopped:
                return
            except EdgeRouteError as error:
                hand_over(error)
            except Exception:  # llama.cpp and ctypes raise whatever they like
                logging.getLogger(__name__).exception("llama.cpp failed")
                self.unload()
                hand_over(
                    LocalModelError(
                        "llama.cpp failed while it answered.",
                        "Try again; llama.log in EdgeRoute's state folder says more.",
                    )
                )

        async with self._in_turn():
            working = asyncio.ensure_future(self._run(work))
            try:
                while True:
                    step = await steps.get()
                    if isinstance(step, Exception):
                        raise step
                    yield step
                    if isinstance(step, Ended):
                        return
            finally:
                stop.set()
                # Whoever comes next must find the thread free, even if we are being cancelled.
                await asyncio.shield(working)

    def _ready(self, model: str) -> Host:
        """The host of ``model``, loaded if need be. Runs in the thread."""
        build = self.models.choose(model)
        if self.host is not None and self.host.build == build:
            return self.host
        self.unload()
        self.state = "loading"
        path = self.models.path(build)
        window = self._fitting_window(build)
        threads = self._threads or self.models.machine.cores
        self.host = Host(build, path, window, threads)
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
        if not self._waiting and self.host is not None:
            async with self._turn:
                await self._run(self.unload)
            self.state = "idle"


def _steps(
    host: Host, request: ChatRequest, *, thinking: bool, top: int | None, aside: bool
) -> Iterator[Step]:
    mode: Thinking = "never"
    if host.build.thinking == "switchable":
        mode = "on" if thinking else "off"
    if request.fill:
        yield from _filling(host, request, top)
        return
    prompt: Prompt = write(request, host.build.style, mode)
    tokens = host.read(prompt)
    tools = request.tools if request.tool_choice != "none" else ()
    bare = host.build.style == "qwen2.5"
    reader = OutputReader(tools, thinking=prompt.thinking, bare=bare)
    list(reader.feed(prompt.opening))
    schema = None if tools else request.response_format
    keep = host.opening(prompt) if aside else 0
    drawn = host.draw(tokens, request.sampling, schema, top, keep)
    yield from _told(host, drawn, reader, request.sampling.stop)


def _filling(host: Host, request: ChatRequest, top: int | None) -> Iterator[Step]:
    """What belongs between two texts, as it is; the likeliest, unless the caller says otherwise."""
    sampling = request.sampling
    if sampling.temperature is None:
        sampling = replace(sampling, temperature=0.0)
    drawn = host.draw(host.read(write_gap(request)), sampling, top=top)
    yield from _told(host, drawn, Verbatim(), sampling.stop)


def _told(
    host: Host, drawn: Iterator[Token], reader: OutputReader | Verbatim, stop: tuple[str, ...]
) -> Iterator[Step]:
    stops = StopWatch(stop)
    for token in drawn:
        text = stops.feed(token.text)
        yield Piece(token, tuple(reader.feed(text)))
        if stops.found:
            host.finish = "stop"
            break
    rest = tuple(reader.feed(stops.close())) + tuple(reader.close(cut=host.finish == "length"))
    if rest:
        yield Piece(None, rest)
    yield Ended("tool_calls" if reader.calls else host.finish, host.counts)
