"""The sockets under the egress door: opened through the process's lockdown, every byte counted.

A thin network backend for httpcore on asyncio's own streams. It is also where a name that should
mean this machine is held to it, where any other name is kept from meaning it, and where closing
means now: an answer that nobody wants any more stops at the provider at once.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import httpcore

from edgeroute.core.hosts import is_loopback

_READ_AHEAD: Final = 64 * 1024


@dataclass
class ByteCount:
    """Counts what one request handed to the network, in bytes before encryption."""

    sent: int = 0


METER: Final[ContextVar[ByteCount | None]] = ContextVar("meter", default=None)
Opening = Callable[[str, int], AbstractContextManager[None]]


class Misled(httpcore.ConnectError):
    """A provider's name leads to this machine: its name server is wrong, or somebody plays with it.

    A private address is no such sign, since companies have their gateways there; whoever answers
    must prove the name by its certificate all the same.
    """


class NetworkBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections; ``opening`` is the permit of the process's lockdown."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to ``host``."""
        del local_address, socket_options
        try:
            with self._opening(host, port):
                async with asyncio.timeout(timeout):
                    reader, writer = await asyncio.open_connection(
                        host, port, limit=_READ_AHEAD, happy_eyeballs_delay=0.25
                    )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except IndexError:
            # asyncio looks for the first of the errors, and keeps none of those of the lockdown.
            raise httpcore.ConnectError("The lockdown refused every address.") from None
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        peer = writer.get_extra_info("peername")
        if is_loopback(host) and not (peer and is_loopback(peer[0])):
            writer.transport.abort()
            raise httpcore.ConnectError(f"{host} is not this machine")
        if peer and peer[0] != host and not is_loopback(host) and _is_next_door(peer[0]):
            writer.transport.abort()
            raise Misled(f"{host} leads to this machine")
        return _CountedStream(reader, writer)

    async def sleep(self, seconds: float) -> None:
        """Wait between connection attempts."""
        await asyncio.sleep(seconds)


def _is_next_door(address: str) -> bool:
    """Whether an address is this machine or one that only the nearest machines have."""
    plain = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(plain, "ipv4_mapped", None) or plain
    return is_loopback(str(mapped)) or mapped.is_link_local or mapped.is_unspecified


class _CountedStream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Up to ``max_bytes``; nothing means that the peer has closed."""
        try:
            if timeout is None:
                return await self._reader.read(max_bytes)
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Hand ``buffer`` to the network. It counts as sent from here on, whatever happens."""
        if not buffer:
            return
        meter = METER.get()
        if meter is not None:
            meter.sent += len(buffer)
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Close now, without waiting for the peer."""
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted, with the peer's certificate verified."""
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            await self.aclose()
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:  # ssl.SSLError is one
            await self.aclose()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            await self.aclose()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a connection: whether it can still be used, and its TLS object."""
        if info == "is_readable":
            return self._reader.at_eof() or self._reader.exception() is not None
        if info == "ssl_object":
            return self._writer.get_extra_info("ssl_object")
        return None
