"""Who may connect: processes of the same user."""

from __future__ import annotations

import asyncio
import os

from uvicorn.protocols.http.h11_impl import H11Protocol

from edgeroute.core.peer import peer_user


class OwnUserOnly(H11Protocol):
    """Hangs up on every other user, should the folder's permissions ever fail."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Check the peer before a byte is read."""
        user = peer_user(transport.get_extra_info("socket"))
        if user is not None and user != os.getuid():
            transport.abort()
            return
        super().connection_made(transport)
