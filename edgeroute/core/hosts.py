"""Who is at the other end: which hosts are this machine, and whose socket it is."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from typing import Final

# From <sys/un.h> of macOS, which Python does not name.
_SOL_LOCAL: Final = 0
_LOCAL_PEERCRED: Final = 1


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine: ``localhost`` or an address that never leaves it."""
    return bool(loopback_address(host))


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


def is_another_user(connection: socket.socket) -> bool:
    """Whether another user is at the other end of a Unix socket, as far as the system tells."""
    user = peer_user(connection)
    return user is not None and user != os.getuid()


def peer_user(connection: socket.socket) -> int | None:
    """The user id at the other end of a Unix socket; None where the system does not tell."""
    try:
        if hasattr(socket, "SO_PEERCRED"):
            size = struct.calcsize("3i")
            data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
            return int(struct.unpack("3i", data)[1])
        data = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 8)
        return int(struct.unpack("2I", data)[1])
    except (OSError, struct.error):
        return None
