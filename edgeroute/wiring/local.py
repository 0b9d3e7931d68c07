"""Who can answer here: the model of this machine, its files and its worker."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property

from edgeroute.boundary import lockdown
from edgeroute.core.errors import KeyringUnavailable
from edgeroute.core.local_models import OnProgress
from edgeroute.core.secret import Secret
from edgeroute.local.backends import llamacpp
from edgeroute.local.backends.backend import LocalBackend
from edgeroute.local.backends.choose import choose
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.backends.yes_no import YesNo
from edgeroute.local.files.models import LocalModels
from edgeroute.local.preparing.compiler import Compiler
from edgeroute.local.preparing.preparing import Preparing
from edgeroute.local.preparing.waiting import WaitingBackend
from edgeroute.local.preparing.work import Job, PreparationWork
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.stores import StoreParts


class LocalParts:
    """The parts of the local model; ``models`` are its files."""

    def __init__(self, installation: Installation, stores: StoreParts) -> None:
        self._installation = installation
        self._stores = stores
        self.models = LocalModels(installation.paths.models, installation.model_files)

    @cached_property
    def backend(self) -> WaitingBackend:
        """The model that answers on this machine, once that is able to.

        Raises:
            SettingsError: the settings name a backend that does not exist.
        """
        return WaitingBackend(self._chosen, self.preparing)

    @cached_property
    def preparing(self) -> Preparing:
        """What a local answer still needs, and who is fetching it."""
        return Preparing(
            self._installation.paths.state,
            self.models,
            model=lambda: self._installation.settings.local.model,
            uses_llamacpp=lambda: self._chosen.name == llamacpp.NAME,
        )

    async def prepare(self, pull: Job, report: OnProgress) -> None:
        """Do that work now; ``pull`` fetches one thing by its name.

        Raises:
            EdgeRouteError: something could not be had; what did come is kept.
        """
        work = PreparationWork(self.preparing, pull, report)
        # Which model fits may depend on the graphics card that was asked for.
        in_turn = bool(os.environ.get("CMAKE_ARGS"))
        await work.run(Compiler().require_tools, in_turn=in_turn)

    @cached_property
    def _chosen(self) -> LocalBackend:
        local = self._installation.settings.local
        chosen = choose(
            local.backend,
            local.model,
            models=self.models,
            process=self.worker,
            endpoints=local.endpoints,
            key_of=self._endpoint_key,
            opening=lockdown.opening,
        )
        # Looking for oMLX is asynchronous; whoever asks for the backend may run in a loop already.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, chosen).result()

    @cached_property
    def yes_no(self) -> YesNo:
        """The same model, asked for one word."""
        return YesNo(lambda: self._chosen)

    @cached_property
    def worker(self) -> WorkerProcess:
        """The llama.cpp worker of this user, started when it is needed."""
        paths, local = self._installation.paths, self._installation.settings.local
        return WorkerProcess(
            paths.runtime,
            paths.state,
            paths.models,
            own=self._installation.model_files,
            window=local.context_tokens,
            threads=local.threads,
            idle_seconds=local.idle_minutes * 60,
        )

    async def close(self) -> None:
        """Let go of the model."""
        if "_chosen" in self.__dict__:
            await self._chosen.close()

    def _endpoint_key(self, name: str) -> Secret | None:
        with suppress(KeyringUnavailable):
            return self._stores.keys.get(name)
        return None
