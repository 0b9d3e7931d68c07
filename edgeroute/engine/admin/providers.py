"""The managed APIs as a front door shows them: state, keys, a test of a key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edgeroute.core.clock import Clock
from edgeroute.core.errors import KeyringUnavailable, SettingsError
from edgeroute.core.secret import Secret

if TYPE_CHECKING:
    from edgeroute.providers.calling.key_check import KeyCheck
    from edgeroute.providers.catalog.catalog import Catalog
    from edgeroute.providers.catalog.provider import Provider
    from edgeroute.providers.egress import Door
    from edgeroute.providers.resilience.health import Health
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
    """Every provider of the catalog."""

    def __init__(
        self, catalog: Catalog, keys: Keys, health: Health, door: Door, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._keys = keys
        self._health = health
        self._door = door
        self._clock = clock

    def ready(self) -> frozenset[str]:
        """The providers that have an address and a key, or need none."""
        return frozenset(
            provider.id
            for provider in self._catalog.providers.values()
            if provider.ready and self._key_source(provider)
        )

    def status(self) -> Sequence[ProviderStatus]:
        """How each provider is: those with a key first, then by name."""
        health = {line.provider: line for line in self._health.report(self._clock.monotonic())}
        rows = []
        for provider in self._catalog.providers.values():
            line = health.get(provider.id)
            state, until, detail = "ok", None, ""
            if line is not None and line.circuit != "closed":
                state = "open" if line.circuit == "open" else "probing"
                until = self._clock.now() + timedelta(seconds=line.seconds)
                detail = "It failed several times in a row and is left alone for a while."
            elif line is not None and line.trouble:
                state, detail = "limited", f"{line.trouble[0].upper()}{line.trouble[1:]}."
            key = self._key_source(provider)
            rows.append(ProviderStatus(provider.id, provider.name, state, key, until, detail))
        return sorted(rows, key=lambda row: (not row.has_key, row.name.lower()))

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
        from edgeroute.providers.calling.key_check import KeyCheck, probe_key  # noqa: PLC0415

        found = self.named(provider)
        key = await asyncio.to_thread(self._keys.get, found.id, found.key_variable)
        if key is None:
            text = (
                f"There is no key for {found.name}. Add one with `edgeroute keys set {found.id}`."
            )
            return KeyCheck(found.id, "unknown", text)
        return await probe_key(found, key, self._door, clock=self._clock)

    async def set_key(self, provider: str, key: Secret) -> None:
        """Store a key in the OS keyring.

        Raises:
            SettingsError: there is no such provider.
            KeyringUnavailable: it cannot be kept.
        """
        found = self.named(provider)
        await asyncio.to_thread(self._keys.set, found.id, key)
        self._health.key_changed(found.id)

    def stored(self) -> Sequence[str]:
        """The providers that have a key in the OS keyring, known ones or not.

        Raises:
            KeyringUnavailable: it cannot be read.
        """
        return self._keys.providers()

    async def delete_key(self, provider: str) -> None:
        """Remove a key from the OS keyring.

        Raises:
            KeyringUnavailable: it cannot be changed.
        """
        await asyncio.to_thread(self._keys.delete, provider)

    def named(self, provider: str) -> Provider:
        """The provider with this id.

        Raises:
            SettingsError: there is none.
        """
        found = self._catalog.provider(provider)
        if found is None:
            known = ", ".join(sorted(self._catalog.providers))
            raise SettingsError(f"There is no provider {provider}.", hint=f"Known: {known}.")
        return found

    def _key_source(self, provider: Provider) -> str:
        try:
            source = self._keys.source(provider.id, provider.key_variable)
        except KeyringUnavailable:
            source = ""
        return source or ("" if provider.needs_key else "not needed")
