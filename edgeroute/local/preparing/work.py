"""Doing the work: llama.cpp is compiled while the model comes, and all processes see how far."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from edgeroute.core.errors import EdgeRouteError, LocalModelError
from edgeroute.core.local_models import (
    OnProgress,
    Preparation,
    PreparationPart,
    PreparationState,
    Progress,
)
from edgeroute.core.log import places
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
        self._tries = preparing.tries

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
            await self._all(missing, in_turn=in_turn)
        except EdgeRouteError as error:
            failed = replace(self._now("failed"), error=error.message, hint=error.hint)
            self._preparing.write(failed)
            raise
        except Exception as error:
            failed = self._preparing.broken(self._now("failed"), places(error))
            self._preparing.write(failed)
            raise LocalModelError(failed.error, failed.hint) from error
        self._tell("ready")

    async def _all(self, missing: Sequence[str], *, in_turn: bool) -> None:
        if in_turn:
            for name in missing:
                await self._part(name)
            return
        done = await asyncio.gather(*map(self._part, missing), return_exceptions=True)
        for error in filter(None, done):
            raise error

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

    def _tell(self, state: PreparationState) -> None:
        self._written = time.monotonic()
        self._preparing.write(self._now(state))

    def _now(self, state: PreparationState) -> Preparation:
        lasted = time.time() - self._began
        parts = tuple(self._parts.values())
        return Preparation(state, parts, self._began, lasted, tries=self._tries)
