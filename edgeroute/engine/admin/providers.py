"""The managed APIs as a front door shows them: state, keys, a test of a key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edgeroute.core.clock import Clock
from edgeroute.core.errors import KeyringUnavailable
from edgeroute.core.names import unknown
from edgeroute.core.secret import Secret
from edgeroute.engine.admin.endpoint_keys import EndpointKeys, LocalServer
from edgeroute.engine.deciding.shared_health import SharedHealth

if TYPE_CHECKING:
    from edgeroute.providers.calling.key_check import KeyCheck
    from edgeroute.providers.catalog.catalog import Catalog
    from edgeroute.providers.catalog.provider import Provider
    from edgeroute.providers.egress import Door
    from edgeroute.providers.resilience.health import TargetHealth
    from edgeroute.store.keys.keys import Keys


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """How one provider is.

    ``state`` is ``ok``, ``open`` (its breaker, until ``until``), ``probing`` or ``limited``.
    ``key`` says where its key comes from: ``keyring``, ``environment``, ``not needed`` or empty.
    """

    id: str
    name: str
    state: str
    key: str
    until: datetime | None = None
    detail: str = ""

    @property
    def has_key(self) -> bool:
        """Whether it can be asked at all."""
        return self.key != ""


class Providers:
    """Every provider of the catalog, the keys of local servers (``endpoints``), and the key of the
    ``collector`` of telemetry.
    """

    def __init__(
        self,
        catalog: Catalog,
        keys: Keys,
        shared: SharedHealth,
        door: Door,
        clock: Clock,
        *,
        endpoints: EndpointKeys,
        collector: Provider,
    ) -> None:
        self._catalog = catalog
        self._keys = keys
        self._shared = shared
        self._door = door
        self._clock = clock
        self._endpoints = endpoints
        self._collector = collector

    def ready(self) -> frozenset[str]:
        """The providers that have an address and a key, or need none."""
        return frozenset(
            provider.id
            for provider in self._catalog.providers.values()
            if provider.ready and self._key_source(provider)
        )

    def status(self) -> Sequence[ProviderStatus]:
        """How each provider is: those with a key first, then by name."""
        self._shared.take_in()
        report = self._shared.health.report(self._clock.monotonic())
        rows = []
        for provider in self._catalog.providers.values():
            lines = [line for line in report if line.provider == provider.id]
            state, until, detail = self._state(provider.id, lines)
            key = self._key_source(provider)
            rows.append(ProviderStatus(provider.id, provider.name, state, key, until, detail))
        return sorted(rows, key=lambda row: (not row.has_key, row.name.lower()))

    def servers(self) -> Sequence[ProviderStatus]:
        """The local servers that the settings name or a key is stored for, and where from."""
        rows = []
        for one in self._endpoints.servers.values():
            key = self._keys.source(one.key_id, one.key_variable)
            if key or one.id in self._endpoints.configured:
                rows.append(ProviderStatus(one.key_id, one.name, "ok", key or "not needed"))
        return rows

    def _state(
        self, provider: str, lines: Sequence[TargetHealth]
    ) -> tuple[str, datetime | None, str]:
        """State, until when, and detail of a provider by what is known of it and of its models."""
        own = next((line for line in lines if line.target == provider), None)
        models = " ".join(filter(None, map(_of_a_model, lines)))
        if own is not None and own.circuit != "closed":
            state = "open" if own.circuit == "open" else "probing"
            until = self._clock.now() + timedelta(seconds=own.seconds)
            said = "It failed several times in a row and is left alone for a while."
            return state, until, f"{said} {models}".rstrip()
        if own is not None and own.trouble:
            return "limited", None, f"{own.trouble[0].upper()}{own.trouble[1:]}."
        return ("limited" if models else "ok"), None, models

    async def test(self, provider: str) -> str:
        """Try the stored key; a sentence about what came of it.

        Raises:
            SettingsError: there is no such provider.
            KeyringUnavailable: the keyring cannot be read.
        """
        return (await self.check(provider)).text

    async def check(self, provider: str) -> KeyCheck:
        """Try the stored key: what it is worth, as a word for programs and a sentence.

        Raises:
            SettingsError: there is no such provider.
            KeyringUnavailable: the keyring cannot be read.
        """
        from edgeroute.providers.calling.key_check import (  # noqa: PLC0415
            KeyCheck,
            probe_key,
        )

        found, key = self.named(provider), None
        if isinstance(found, LocalServer):
            good, text = await self._endpoints.test(found)
            return KeyCheck(found.id, "good" if good else "unknown", text)
        try:
            key = await asyncio.to_thread(self._keys.get, found.id, found.key_variable)
        except KeyringUnavailable:
            if found.needs_key:
                raise
        if key is None and found.needs_key:
            text = (
                f"There is no key for {found.name}. Add one with `edgeroute keys set {found.id}`."
            )
            return KeyCheck(found.id, "unknown", text)
        return await probe_key(found, key, self._door, clock=self._clock)

    async def alive(self, provider: str) -> bool:
        """Whether the provider answers a request that holds nothing but the key, if only with a
        refusal; false where it has no such request.
        """
        from edgeroute.providers.calling.key_check import answers  # noqa: PLC0415

        found, key = self.named(provider), None
        if isinstance(found, LocalServer):
            return (await self._endpoints.test(found))[0]
        with suppress(KeyringUnavailable):
            key = await asyncio.to_thread(self._keys.get, found.id, found.key_variable)
        if key is None and found.needs_key:
            return False
        return await answers(found, key, self._door)

    async def set_key(self, provider: str, key: Secret) -> None:
        """Store a key in the OS keyring.

        Raises:
            SettingsError: there is no such provider or local server.
            KeyringUnavailable: it cannot be kept.
        """
        found = self.named(provider)
        if isinstance(found, LocalServer):
            await asyncio.to_thread(self._keys.set, found.key_id, key)
            return
        await asyncio.to_thread(self._keys.set, found.id, key)
        await asyncio.to_thread(self._shared.key_changed, found.id)

    def stored(self) -> Sequence[str]:
        """The providers that have a key in the OS keyring, known ones or not, and local servers by
        each of their names.

        Raises:
            KeyringUnavailable: it cannot be read.
        """
        ids = self._keys.providers()
        servers = [one.id for one in self._endpoints.servers.values() if one.key_id in ids]
        return sorted({*ids, *servers})

    async def delete_key(self, provider: str) -> None:
        """Remove a key from the OS keyring.

        Raises:
            KeyringUnavailable: it cannot be changed.
        """
        server = None if provider in self._catalog.providers else self._endpoints.named(provider)
        await asyncio.to_thread(self._keys.delete, server.key_id if server else provider)

    def named(self, provider: str) -> Provider | LocalServer:
        """The provider with this id, or the local server of this name; where both have it, the
        server is ``local/NAME``. The collector of telemetry has a key like a provider.

        Raises:
            UnknownName: there is none; with those that there are.
        """
        found = self._catalog.provider(provider) or self._endpoints.named(provider)
        if found is None and provider == self._collector.id:
            return self._collector
        if found is None:
            known = [*self._endpoints.servers, *sorted(self._catalog.providers)]
            raise unknown("provider", provider, known)
        return found

    def _key_source(self, provider: Provider) -> str:
        try:
            source = self._keys.source(provider.id, provider.key_variable)
        except KeyringUnavailable:
            source = ""
        return source or ("" if provider.needs_key else "not needed")


def _of_a_model(line: TargetHealth) -> str:
    """What keeps one model of a provider from being asked; empty where nothing does."""
    if "/" not in line.target:
        return ""
    return line.sentence or line.limit
