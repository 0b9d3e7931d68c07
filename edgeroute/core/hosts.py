"""Which hosts are this machine."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine: ``localhost`` or an address that never leaves it."""
    return bool(loopback_address(host))


@lru_cache(256)
def loopback_address(host: str) -> str:
    """The address of ``host`` where that is this machine; empty where it is another one.

    ``localhost`` is not resolved: a name could be made to mean another machine.
    """
    if host.rstrip(".").lower() == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    plain = getattr(address, "ipv4_mapped", None) or address
    return host if plain.is_loopback else ""
