"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import os
import socket
import struct
from typing import Final

# From <sys/un.h> of macOS, which Python does not name.
_SOL_LOCAL: Final = 0
_LOCAL_PEERCRED: Final = 1


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
