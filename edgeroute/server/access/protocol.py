"""Connections: who may connect, and how long a request's head may take."""

from __future__ import annotations

import asyncio
import socket
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from edgeroute.core.peer import is_another_user


class GuardedProtocol(H11Protocol):
    """Hangs up on other users of a Unix socket, and on whoever sends no request in time.

    uvicorn itself waits for ever for the first request of a connection; so a few hundred idle
    sockets could use up all descriptors.
    """

    head_seconds: ClassVar[float] = 10.0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Check the peer before a byte is read, and start its time."""
        connection = transport.get_extra_info("socket")
        if connection.family == socket.AF_UNIX and is_another_user(connection):
            transport.abort()
            return
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Read on. While no request is under way, its head must come in time."""
        super().data_received(data)
        if self._busy():
            self._stop_waiting()
        elif self._head_timer is None:
            self._wait_for_head()

    def on_response_complete(self) -> None:
        """Be ready for the next request."""
        super().on_response_complete()
        if self._busy():
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if not self._busy() and not self.transport.is_closing():
            self.transport.abort()
