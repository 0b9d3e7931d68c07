"""Who can answer here: the model of this machine, its files and its worker."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property

from edgeroute.boundary import lockdown
from edgeroute.core.errors import KeyringUnavailable
from edgeroute.core.secret import Secret
from edgeroute.local.backends.backend import LocalBackend
from edgeroute.local.backends.choose import choose
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.backends.yes_no import YesNo
from edgeroute.local.files.models import LocalModels
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.stores import StoreParts


class LocalParts:
    """The parts of the local model; ``models`` are its files."""

    def __init__(self, installation: Installation, stores: StoreParts) -> None:
        self._installation = installation
        self._stores = stores
        self.models = LocalModels(installation.paths.models, installation.model_files)

    @cached_property
    def backend(self) -> LocalBackend:
        """The model that answers on this machine.

        Raises:
            SettingsError: the settings name a backend that does not exist.
        """
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
        return YesNo(lambda: self.backend)

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
        if "backend" in self.__dict__:
            await self.backend.close()

    def _endpoint_key(self, name: str) -> Secret | None:
        with suppress(KeyringUnavailable):
            return self._stores.keys.get(name)
        return None
