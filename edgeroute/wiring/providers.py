"""Who can answer elsewhere: the managed APIs, and the one door to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgeroute.core.errors import SettingsError
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.stores import StoreParts

if TYPE_CHECKING:
    from edgeroute.engine.admin.providers import Providers
    from edgeroute.providers.calling.client import Client
    from edgeroute.providers.catalog.catalog import Catalog
    from edgeroute.providers.egress import Door
    from edgeroute.providers.resilience.health import Health
    from edgeroute.providers.resilience.resilience import Resilience


@dataclass(eq=False, repr=False)
class ProviderParts:
    """The parts that reach a managed API."""

    _installation: Installation
    _stores: StoreParts

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
            for name, own in self._installation.settings.providers.items()
        }
        return Catalog.load(self._installation.model_files, custom)

    @cached_property
    def door(self) -> Door:
        """The one door to other machines."""
        from edgeroute.providers.egress import Door  # noqa: PLC0415

        network = self._installation.settings.network
        return Door(ca_file=network.ca_file, proxy=network.proxy)

    @cached_property
    def resilience(self) -> Resilience:
        """How often, how long, how soon again: rules/resilience.yaml.

        Raises:
            SettingsError: it is not valid.
        """
        from edgeroute.providers.resilience.resilience import load_resilience  # noqa: PLC0415

        return load_resilience(self._installation.rules)

    @cached_property
    def health(self) -> Health:
        """Circuit breakers and rate limits of all providers."""
        from edgeroute.providers.resilience.health import Health  # noqa: PLC0415

        return Health(self.resilience)

    @cached_property
    def client(self) -> Client:
        """Speaks with managed APIs through the door."""
        from edgeroute.providers.calling.client import Client  # noqa: PLC0415

        return Client(self.door, self.health.rate_limits, self._installation.clock)

    @cached_property
    def service(self) -> Providers:
        """The managed APIs as a front door shows them."""
        from edgeroute.engine.admin.providers import Providers  # noqa: PLC0415

        clock = self._installation.clock
        return Providers(self.catalog, self._stores.keys, self.health, self.door, clock)

    @property
    def enterprise(self) -> str:
        """The provider that may receive internal code: the one that is named, else one that is
        marked; empty where none may.

        Raises:
            SettingsError: the settings name one that there is not.
        """
        named = self._installation.settings.privacy.enterprise_provider
        providers = self.catalog.providers
        if named and named not in providers:
            raise SettingsError(
                f"privacy.enterprise_provider: there is no provider `{named}`.",
                file=str(self._installation.paths.settings),
                hint=f"Known are: {', '.join(sorted(providers))}.",
            )
        return named or next((one.id for one in providers.values() if one.enterprise), "")

    def enterprise_hosts(self) -> Sequence[str]:
        """The hosts of the provider that may receive internal code."""
        enterprise = self.catalog.provider(self.enterprise)
        wires = enterprise.wires.values() if enterprise else ()
        return [urlsplit(url).hostname or "" for url in wires]

    async def close(self) -> None:
        """Close all connections."""
        if "door" in self.__dict__:
            await self.door.close()
