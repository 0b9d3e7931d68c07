"""Who can answer elsewhere: the managed APIs, and the one door to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from urllib.parse import urlsplit

import msgspec

from edgeroute.core.errors import SettingsError
from edgeroute.engine.admin.endpoint_keys import EndpointKeys
from edgeroute.engine.admin.providers import Providers
from edgeroute.engine.deciding.shared_health import SharedHealth
from edgeroute.providers.catalog.catalog import Catalog, CustomModel, CustomProvider
from edgeroute.providers.catalog.collector import collector
from edgeroute.providers.catalog.provider import Provider
from edgeroute.providers.egress import Door
from edgeroute.providers.resilience.health import Health
from edgeroute.providers.resilience.resilience import Resilience, load_resilience
from edgeroute.settings import ProviderSettings
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.stores import StoreParts


class ProviderParts:
    """The parts that reach a managed API; ``door`` is the one door to other machines."""

    def __init__(
        self, installation: Installation, stores: StoreParts, endpoints: EndpointKeys
    ) -> None:
        self._installation = installation
        self._stores = stores
        self._endpoints = endpoints
        network = installation.settings.network
        self.door = Door(ca_file=network.ca_file, proxy=network.proxy)

    @cached_property
    def catalog(self) -> Catalog:
        """Every managed model and its provider.

        Raises:
            SettingsError: a provider file or a provider in the settings is not valid.
        """
        own = self._installation.settings.providers.items()
        custom = {name: _custom(one) for name, one in own}
        return Catalog.load(self._installation.model_files, custom)

    @cached_property
    def collector(self) -> Provider:
        """Where telemetry goes; without an address where the user names none.

        Raises:
            SettingsError: its address or a header cannot be used.
        """
        wanted = self._installation.settings.telemetry
        file = str(self._installation.paths.settings)
        return collector(
            wanted.endpoint, wanted.path, auth=wanted.auth, headers=wanted.headers, file=file
        )

    @cached_property
    def resilience(self) -> Resilience:
        """How often, how long, how soon again: rules/resilience.yaml.

        Raises:
            SettingsError: it is not valid.
        """
        return load_resilience(self._installation.rules)

    @cached_property
    def health(self) -> Health:
        """Circuit breakers and rate limits of all providers."""
        return Health(self.resilience)

    @cached_property
    def shared_health(self) -> SharedHealth:
        """What all processes together know of the providers."""
        return SharedHealth(self.health, self._stores.targets, self._installation.clock)

    @cached_property
    def service(self) -> Providers:
        """The managed APIs as a front door shows them."""
        return Providers(
            self.catalog,
            self._stores.keys,
            self.shared_health,
            self.door,
            self._installation.clock,
            endpoints=self._endpoints,
            collector=self.collector,
        )

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
        await self.door.close()


def _custom(settings: ProviderSettings) -> CustomProvider:
    fields = msgspec.structs.asdict(settings)
    cards = {
        name: CustomModel(**msgspec.structs.asdict(one)) for name, one in settings.cards.items()
    }
    return CustomProvider(**fields | {"cards": cards})
