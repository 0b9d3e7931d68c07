"""Servers that break below HTTP: they refuse, swallow, reset, stall, or speak bad TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from datetime import UTC, datetime, timedelta
from typing import Literal

import trustme

from tests.support.scripted_provider import Behaviour, ScriptedProvider, reset

How = Literal[
    "refused", "black hole", "reset", "closed", "stalled handshake", "never reads", "half a body"
]
_TLS: frozenset[How] = frozenset({"stalled handshake"})
_LONGEST = 10.0


class BrokenNetwork(ScriptedProvider):
    """A server that fails ``how`` says, before any answer."""

    def __init__(self, how: How) -> None:
        super().__init__()
        self._how = how

    @property
    def base_url(self) -> str:
        """What to put into settings."""
        plain = super().base_url
        return plain.replace("http://", "https://") if self._how in _TLS else plain

    async def _serve(self) -> None:
        if self._how not in {"refused", "black hole"}:
            await super()._serve()
            return
        self._stop = asyncio.Event()
        with socket.socket() as listener:
            listener.bind((self._host, 0))
            self.port = listener.getsockname()[1]
            if self._how == "black hole":
                listener.listen(0)
            # A bound socket that does not listen refuses; one whose queue is full drops.
            fillers = [self._filler() for _ in range(4 if self._how == "black hole" else 0)]
            self._started.set()
            await self._stop.wait()
            for filler in fillers:
                filler.close()

    def _filler(self) -> socket.socket:
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex((self._host, self.port))
        return filler

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._log.connections += 1
        self._log.open_connections += 1
        try:
            await self._break(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._log.open_connections -= 1
            writer.transport.abort()

    async def _break(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self._how:
            case "reset":
                reset(writer)
            case "closed":
                writer.close()
            case "half a body":
                head = await reader.readuntil(b"\r\n\r\n")
                self._log.bytes_received += len(head) + len(await reader.readexactly(20))
                reset(writer)
            case "never reads":
                writer.transport.pause_reading()  # type: ignore[attr-defined] # a read transport
                # It cannot see the client leave either, so it must not count as left open.
                self._log.open_connections -= 1
                try:
                    await asyncio.sleep(_LONGEST)
                finally:
                    self._log.open_connections += 1
            case _:
                async with asyncio.timeout(_LONGEST):
                    while await reader.read(65_536):
                        pass


def tls_server(
    authority: trustme.CA,
    behaviour: Behaviour,
    *,
    name: str = "127.0.0.1",
    expired: bool = False,
    old: bool = False,
) -> ScriptedProvider:
    """A server with a certificate of ``authority`` for ``name``; ``old`` speaks TLS 1.0 only."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    span = (long_ago, long_ago + timedelta(days=1)) if expired else (None, None)
    leaf = authority.issue_cert(name, not_before=span[0], not_after=span[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    if old:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1
    return ScriptedProvider(behaviour, tls=context)
