"""Who can answer: managed APIs behind the door, and the model on this machine."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from edgeroute.core.errors import KeyringUnavailable, SettingsError
from edgeroute.core.secret import Secret
from edgeroute.wiring.guards import Guards

if TYPE_CHECKING:
    from edgeroute.engine.admin.providers import Providers
    from edgeroute.local.backends.backend import LocalBackend
    from edgeroute.local.backends.worker_process import WorkerProcess
    from edgeroute.local.files.models import LocalModels
    from edgeroute.privacy.gate import Gate
    from edgeroute.providers.calling.client import Client
    from edgeroute.providers.catalog.catalog import Catalog
    from edgeroute.providers.egress import Door
    from edgeroute.providers.resilience.health import Health
    from edgeroute.providers.resilience.resilience import Resilience


class Models(Guards):
    """The parts that reach a model, and the gate before them."""

    @cached_property
    def catalog(self) -> Catalog:
        """Every managed model and its provider.

        Raises:
            SettingsError: a provider file or a provider in the settings is not valid.
        """
        from edgeroute.providers.catalog.catalog import Catalog, CustomProvider  # noqa: PLC0415

        custom = {
            name: CustomProvider(
                wire=own.wire,
                base_url=own.base_url,
                models=tuple(own.models),
                region=own.region,
                key_variable=own.key_variable,
                enterprise=own.enterprise,
                headers=own.headers,
                context_tokens=own.context_tokens,
            )
            for name, own in self.settings.providers.items()
        }
        return Catalog.load(self.paths.config / "models", custom)

    @cached_property
    def door(self) -> Door:
        """The one door to other machines."""
        from edgeroute.providers.egress import Door  # noqa: PLC0415

        network = self.settings.network
        return Door(ca_file=network.ca_file, proxy=network.proxy)

    @cached_property
    def resilience(self) -> Resilience:
        """How often, how long, how soon again: rules/resilience.yaml.

        Raises:
            SettingsError: it is not valid.
        """
        from edgeroute.providers.resilience.resilience import load_resilience  # noqa: PLC0415

        return load_resilience(self.paths.config / "rules")

    @cached_property
    def health(self) -> Health:
        """Circuit breakers and rate limits of all providers."""
        from edgeroute.providers.resilience.health import Health  # noqa: PLC0415

        return Health(self.resilience)

    @cached_property
    def client(self) -> Client:
        """Speaks with managed APIs through the door."""
        from edgeroute.providers.calling.client import Client  # noqa: PLC0415

        return Client(self.door, self.health.rate_limits, self.clock)

    @cached_property
    def providers(self) -> Providers:
        """The managed APIs as a front door shows them."""
        from edgeroute.engine.admin.providers import Providers  # noqa: PLC0415

        return Providers(self.catalog, self.keys, self.health, self.door, self.clock)

    @property
    def enterprise(self) -> str:
        """The provider that may receive internal code: the one that is named, else one that is
        marked; empty where none may.

        Raises:
            SettingsError: the settings name one that there is not.
        """
        named = self.settings.privacy.enterprise_provider
        providers = self.catalog.providers
        if named and named not in providers:
            raise SettingsError(
                f"privacy.enterprise_provider: there is no provider `{named}`.",
                file=str(self.paths.settings),
                hint=f"Known are: {', '.join(sorted(providers))}.",
            )
        return named or next((one.id for one in providers.values() if one.enterprise), "")

    @cached_property
    def gate(self) -> Gate:
        """The only maker of clearances."""
        from urllib.parse import urlsplit  # noqa: PLC0415

        from edgeroute.privacy.gate import Gate  # noqa: PLC0415

        enterprise = self.catalog.provider(self.enterprise)
        hosts = (
            [urlsplit(url).hostname or "" for url in enterprise.wires.values()]
            if enterprise
            else []
        )
        return Gate(self.inspector, self.clock, enterprise_hosts=hosts)

    @cached_property
    def models(self) -> LocalModels:
        """The model files of this machine."""
        from edgeroute.local.files.models import LocalModels  # noqa: PLC0415

        return LocalModels(self.paths.models, self.paths.config / "models")

    @cached_property
    def local(self) -> LocalBackend:
        """The model that answers on this machine.

        Raises:
            SettingsError: the settings name a backend that does not exist.
        """
        from edgeroute.boundary import lockdown  # noqa: PLC0415
        from edgeroute.local.backends.choose import choose  # noqa: PLC0415

        local = self.settings.local
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
    def worker(self) -> WorkerProcess:
        """The llama.cpp worker of this user, started when it is needed."""
        from edgeroute.local.backends.worker_process import WorkerProcess  # noqa: PLC0415

        local = self.settings.local
        return WorkerProcess(
            self.paths.runtime,
            self.paths.state,
            self.paths.models,
            own=self.paths.config / "models",
            window=local.context_tokens,
            threads=local.threads,
            idle_seconds=local.idle_minutes * 60,
        )

    def _endpoint_key(self, name: str) -> Secret | None:
        with suppress(KeyringUnavailable):
            return self.keys.get(name)
        return None
