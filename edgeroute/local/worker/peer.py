"""Who may connect: processes of the same user."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

# From <sys/un.h> of macOS, which Python does not name.
_SOL_LOCAL: Final = 0
_LOCAL_PEERCRED: Final = 1


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


class OwnUserOnly(H11Protocol):
    """Hangs up on every other user, should the folder's permissions ever fail."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Check the peer before a byte is read."""
        user = peer_user(transport.get_extra_info("socket"))
        if user is not None and user != os.getuid():
            transport.abort()
            return
        super().connection_made(transport)
