"""Doing the work: llama.cpp is compiled while the model comes, and all processes see how far."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.local_models import (
    OnProgress,
    Preparation,
    PreparationPart,
    PreparationState,
    Progress,
)
from edgeroute.local.preparing.preparing import LLAMACPP, Preparing

Job = Callable[[str, OnProgress], Awaitable[object]]

_WRITE_SECONDS: Final = 0.5


class PreparationWork:
    """Fetches what is missing, and tells ``report`` and all other processes how far it is.

    ``fetch`` gets one thing by its name: ``llamacpp``, or a model.
    """

    def __init__(
        self, preparing: Preparing, fetch: Job, report: OnProgress = lambda _: None
    ) -> None:
        self._preparing = preparing
        self._fetch = fetch
        self._report = report
        self._parts: dict[str, PreparationPart] = {}
        self._began = time.time()
        self._written = 0.0

    async def run(self, check: Callable[[], None], *, in_turn: bool = False) -> None:
        """Do all of it; ``in_turn`` compiles before a model is chosen by what it can use.

        ``check`` refuses where llama.cpp could not be compiled anyway.

        Raises:
            EdgeRouteError: something could not be had; what did come is kept.
        """
        missing = self._preparing.missing()
        self._parts = {
            name: PreparationPart(name, "compile" if name == LLAMACPP else "download")
            for name in missing
        }
        self._tell("running")
        try:
            if LLAMACPP in missing:
                check()
            if in_turn:
                for name in missing:
                    await self._part(name)
            else:
                done = await asyncio.gather(*map(self._part, missing), return_exceptions=True)
                for error in filter(None, done):
                    raise error
        except EdgeRouteError as error:
            self._tell("failed", error)
            raise
        self._tell("ready")

    async def _part(self, name: str) -> None:
        await self._fetch(name, lambda progress: self._came(name, progress))
        part = self._parts[name]
        self._parts[name] = PreparationPart(part.name, part.step, ready=True)
        self._tell("running")

    def _came(self, name: str, progress: Progress) -> None:
        self._report(progress)
        if progress.text:
            return
        shown = self._preparing.title(progress.file)
        self._parts[name] = PreparationPart(shown, progress.step, progress.done, progress.total)
        if time.monotonic() - self._written > _WRITE_SECONDS:
            self._tell("running")

    def _tell(self, state: PreparationState, error: EdgeRouteError | None = None) -> None:
        self._written = time.monotonic()
        self._preparing.write(
            Preparation(
                state,
                tuple(self._parts.values()),
                self._began,
                time.time() - self._began,
                error.message if error else "",
                error.hint if error else "",
            )
        )
