"""Keys of local servers, kept beside those of providers and never taken for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edgeroute.core.errors import KeyringUnavailable
from edgeroute.core.secret import Secret

if TYPE_CHECKING:
    from edgeroute.core.local_models import LocalStatus
    from edgeroute.store.keys.keys import Keys

_PREFIX: Final = "local/"


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server of the settings that may want a key; ``key_variable`` may hold it."""

    id: str
    key_variable: str

    @property
    def name(self) -> str:
        """What people call it."""
        return self.id

    @property
    def key_id(self) -> str:
        """What its key is kept under."""
        return _PREFIX + self.id


class EndpointKeys:
    """The keys of ``servers``, which holds the variable of each by its name.

    ``found`` is one that is looked for without being named in the settings. ``ask`` asks one of
    them what it offers, with the key that is stored.
    """

    def __init__(
        self,
        keys: Keys,
        servers: Mapping[str, str],
        ask: Callable[[str], Awaitable[LocalStatus]],
        found: str = "",
    ) -> None:
        self._keys = keys
        self.configured = frozenset(servers)
        self._ask = ask
        variables = {found: "", **servers} if found else servers
        self.servers = {
            name: LocalServer(name, variable or f"EDGEROUTE_{_upper(name)}_KEY")
            for name, variable in variables.items()
        }

    def named(self, name: str) -> LocalServer | None:
        """The server ``name``, with or without ``local/`` before it; None where there is none."""
        return self.servers.get(name.removeprefix(_PREFIX))

    def get(self, name: str) -> Secret | None:
        """The key of the server ``name``; None where there is none or the keyring is closed."""
        server = self.servers.get(name)
        if server is None:
            return None
        try:
            return self._keys.get(server.key_id, server.key_variable)
        except KeyringUnavailable:
            return None

    async def test(self, server: LocalServer) -> tuple[bool, str]:
        """Whether ``server`` answers with the key that is stored, and a sentence about it."""
        key = await asyncio.to_thread(self.get, server.id)
        status = await self._ask(server.id)
        if status.state in {"unreachable", "missing"}:
            return False, status.detail
        with_it = "with its key" if key else "without a key"
        return True, f"{server.name} answers {with_it}: {status.detail}."


def _upper(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name).upper()
