"""A managed API: where it is, how it is spoken to, what it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.core.hosts import is_loopback
from edgeroute.core.secret import Secret

Auth = Literal["bearer", "basic", "x-api-key", "api-key", "none"]


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider.

    ``wires`` maps each wire format that it speaks to that format's base URL; ``wire`` is the usual
    one. ``models`` are friendly ids of cards. ``check_path`` is the cheapest authenticated GET,
    empty where there is none. ``gateway`` marks a host of other makers' models. ``own`` marks an
    endpoint from the user's settings: only such a one may use plain http, and only on loopback.
    ``enterprise`` says that a contract covers the organisation's code there.
    """

    id: str
    name: str
    wire: str
    wires: Mapping[str, str]
    auth: Mapping[str, Auth] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    key_variable: str = ""
    models: tuple[str, ...] = ()
    check_path: str = "/models"
    gateway: bool = False
    own: bool = False
    enterprise: bool = False
    regions: tuple[str, ...] = ()
    as_of: date | None = None

    @property
    def base_url(self) -> str:
        """The base URL of the usual wire format."""
        return self.wires[self.wire]

    @property
    def ready(self) -> bool:
        """Whether the address is whole: Azure and Alibaba need a base URL of the user's own."""
        return not any("{" in url for url in self.wires.values())

    @property
    def needs_key(self) -> bool:
        """Whether a request without a key is certain to be refused."""
        return self.key_variable != "" or not self.own

    def auth_header(self, wire: str) -> tuple[str, str]:
        """The name of the header that carries the key and what stands before the key in it."""
        kind = self.auth.get(wire, self.auth.get("", "bearer"))
        if kind in {"bearer", "basic"}:
            return "authorization", f"{kind.capitalize()} "
        return ("", "") if kind == "none" else (kind, "")

    def key_header(self, wire: str, key: Secret | None) -> dict[str, str]:
        """The header that carries ``key``, if there is one.

        Raises:
            ProviderError: the key holds a sign that no header may hold.
        """
        name, prefix = self.auth_header(wire)
        if not (key and name):
            return {}
        signs = enumerate(key.reveal(), 1)
        strange = next((f"U+{ord(c):04X} at {n}" for n, c in signs if not "!" <= c <= "~"), "")
        if strange:
            raise ProviderError(
                ErrorKind.AUTH,
                self.id,
                f"The key of {self.name} holds a sign that no key has ({strange}).",
                hint=f"Set it anew with `edgeroute keys set {self.id}`.",
            )
        return {name: prefix + key.reveal()}


def address_problem(url: str, *, own: bool) -> str:
    """Why ``url`` must not be used as a base URL; empty if it may."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "it is not an address"
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return "it must look like https://host/v1"
    if parts.username is not None or parts.password is not None:
        return "a key does not belong in an address; use `edgeroute keys set`"
    if parts.query or parts.fragment:
        return "it must not hold a ? or #"
    if parts.scheme == "http" and not (own and is_loopback(host)):
        return "plain http is for your own endpoint on this machine only; use https"
    return ""
