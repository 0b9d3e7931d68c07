"""Who can answer here: the model of this machine, its files and its worker."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property

from edgeroute.boundary import lockdown
from edgeroute.core.errors import LocalModelError
from edgeroute.core.local_models import LocalStatus, OnProgress
from edgeroute.engine.admin.endpoint_keys import EndpointKeys
from edgeroute.local.backends import llamacpp, omlx
from edgeroute.local.backends.backend import LocalBackend
from edgeroute.local.backends.choose import Choices
from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.probe import written_per_second
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.backends.yes_no import YesNo
from edgeroute.local.files.models import LocalModels
from edgeroute.local.files.recommend import pace_of
from edgeroute.local.preparing.compiler import Compiler
from edgeroute.local.preparing.preparing import Preparing
from edgeroute.local.preparing.waiting import WaitingBackend
from edgeroute.local.preparing.work import Job, PreparationWork
from edgeroute.providers.egress import tls_context
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.stores import StoreParts


class LocalParts:
    """The parts of the local model; ``models`` are its files."""

    def __init__(self, installation: Installation, stores: StoreParts) -> None:
        self._installation = installation
        self._stores = stores
        self.models = LocalModels(installation.paths.models, installation.model_files)

    @cached_property
    def keys(self) -> EndpointKeys:
        """The keys of the servers that the settings name, and of oMLX."""
        endpoints = self._installation.settings.local.endpoints
        variables = {name: one.key_variable for name, one in endpoints.items()}
        return EndpointKeys(self._stores.keys, variables, self._status_of, found=omlx.NAME)

    async def _status_of(self, name: str) -> LocalStatus:
        return await (await self._choices.one(name)).status()

    @cached_property
    def _choices(self) -> Choices:
        settings = self._installation.settings
        ca_file = settings.network.ca_file
        return Choices(
            models=self.models,
            process=self.worker,
            endpoints=settings.local.endpoints,
            key_of=self.keys.get,
            opening=lockdown.opening,
            tls=lambda: tls_context(ca_file),
        )

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
        others = self._installation.settings.local.fallbacks  # these answer meanwhile
        return Preparing(
            self._installation.paths.state,
            self.models,
            model=lambda: self._installation.settings.local.model,
            uses_llamacpp=lambda: self._chosen.name == llamacpp.NAME and not others,
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

    async def preload(self) -> None:
        """Have the own worker load its model, where the settings want that and it answers here."""
        local = self._installation.settings.local
        if not local.preload or self._chosen.name != llamacpp.NAME:
            return
        with suppress(LocalModelError):  # the first prompt says what is wrong
            await written_per_second(LlamaCpp(self.models, self.worker, local.model), tokens=1)

    async def probe(self) -> float:
        """The bytes of weights that this machine reads in a second, by a model that is on disk.

        Raises:
            LocalModelError: none is, or it does not answer.
        """
        build = self.models.choose()
        backend = LlamaCpp(self.models, self.worker, build.id)
        return pace_of(build, await written_per_second(backend))

    @cached_property
    def _chosen(self) -> LocalBackend:
        local = self._installation.settings.local
        chosen = self._choices.backend(
            local.backend, local.model, local.fallbacks, least_wait=local.spread == "least_wait"
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
            pinned=tuple(one.removeprefix("local/") for one in local.pinned),
            idle_seconds=local.idle_minutes * 60,
        )

    async def close(self) -> None:
        """Let go of the model."""
        if "_chosen" in self.__dict__:
            await self._chosen.close()
