"""The one door out of this machine.

What passes carries a clearance for exactly these bytes, or carries nothing of the user's at all
(a model list to test a key, a public pinned file). TLS is always verified, no redirect is followed
with a body, no proxy is taken from the environment, no cookie is kept or sent, answers are limited
in time and size, and the key is put in as the header is written.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin, urlsplit

from edgeroute.boundary import lockdown
from edgeroute.boundary.clearance import Clearance, ClearanceRefused, Outgoing
from edgeroute.core.errors import ErrorKind, ProviderError, SettingsError
from edgeroute.core.hosts import is_loopback
from edgeroute.providers.transport.incoming import Incoming, from_transport, outage

if TYPE_CHECKING:
    import httpcore

    from edgeroute.core.secret import Secret
    from edgeroute.providers.catalog.provider import Provider

__all__ = ["Clearance", "Door", "EgressLimits", "Outgoing", "tls_context"]

_MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_HEADERS: Final = 200
_FILE_BYTES: Final = 1 << 40
# Portals answer in HTML; some hosts send their events as plain text.
_API_TYPES: Final = frozenset({"", "application/json", "text/event-stream", "text/plain"})
_ADDRESS_SIGNS: Final = "%/:?#[]@!$&'()*+,;=~"  # that stand for themselves
_IDLE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class EgressLimits:
    """Seconds that the door allows for connecting (TLS again as much) and for a peer that does
    not read, and how many connections may be open.
    """

    connect: float = 3.0
    write: float = 15.0
    connections: int = 100


class Door:
    """The only maker of connections to other machines in this process. Close it with ``close``."""

    def __init__(
        self,
        *,
        ca_file: str = "",
        proxy: str = "",
        limits: EgressLimits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``ca_file`` adds certificate authorities; ``proxy`` is the user's own choice."""
        self._ca_file = ca_file
        self._proxy = proxy
        self._limits = limits or EgressLimits()
        self._monotonic = monotonic
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}

    @asynccontextmanager
    async def send(
        self,
        outgoing: Outgoing,
        clearance: Clearance,
        provider: Provider,
        key: Secret | None,
        *,
        wire: str,
        head_seconds: float,
    ) -> AsyncIterator[Incoming]:
        """Send a cleared request; leaving the context closes the connection of an unread answer.

        ``head_seconds`` is how long the response's head may take.

        Raises:
            ClearanceRefused: the gate has not cleared this; nothing was sent.
            ProviderError: the provider cannot be reached or does not answer as a provider does.
        """
        _require_destination(outgoing.url, provider)
        if type(clearance) is not Clearance:
            raise ClearanceRefused("Nothing leaves without a clearance.")
        clearance.redeem(outgoing, self._monotonic())
        headers = {**outgoing.headers, **provider.key_header(wire, key)}
        async with self._exchange(
            outgoing.method,
            outgoing.url,
            headers=headers,
            body=outgoing.body,
            provider=provider,
            head_seconds=head_seconds,
        ) as incoming:
            yield incoming

    @asynccontextmanager
    async def ask(
        self, url: str, provider: Provider, key: Secret | None, *, head_seconds: float
    ) -> AsyncIterator[Incoming]:
        """A GET with a key and nothing else, to test the key or to list models.

        Raises:
            ProviderError: as for ``send``.
        """
        _require_destination(url, provider)
        headers = {**provider.headers, **provider.key_header(provider.wire, key)}
        async with self._exchange(
            "GET", url, headers=headers, body=b"", provider=provider, head_seconds=head_seconds
        ) as incoming:
            yield incoming

    @asynccontextmanager
    async def download(
        self, url: str, offset: int = 0, *, hosts: Sequence[str]
    ) -> AsyncIterator[tuple[int, int | None, AsyncIterator[bytes]]]:
        """A public file from one of ``hosts`` (or a sub-domain), from byte ``offset`` on.

        Gives the status (200 or 206), the size of the whole file if known, and its bytes. Nothing
        of the user's goes along. Redirects are followed inside ``hosts`` only.

        Raises:
            ProviderError: the host is not allowed, cannot be reached or does not have the file.
        """
        headers = {"range": f"bytes={offset}-"} if offset else {}
        for _ in range(_MAX_REDIRECTS):
            host = _require_download_host(url, hosts)
            response, _sent = await self._head("GET", url, headers, b"", host, host, 20.0)
            try:
                incoming = _incoming(response, url, provider=host, name=host, sent=0)
                if incoming.status in _REDIRECTS and "location" in incoming.headers:
                    url = quote(urljoin(url, incoming.headers["location"]), safe=_ADDRESS_SIGNS)
                    continue
                if incoming.status not in {200, 206}:
                    raise outage(
                        host,
                        f"{host} answered {incoming.status} instead of the file.",
                        sent=0,
                        transient=incoming.status >= 500,
                        status=incoming.status,
                    )
                size = _whole_size(incoming)
                yield incoming.status, size, incoming.chunks(60.0, _FILE_BYTES)
                return
            finally:
                await response.aclose()
        raise outage(host, f"{host} redirects without end.", sent=0, transient=False)

    def warm(self) -> None:
        """Load what the first request would have to wait for; opens nothing. Takes a moment."""
        self._pool("https://")

    async def close(self) -> None:
        """Close all connections."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.aclose()

    @asynccontextmanager
    async def _exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        provider: Provider,
        head_seconds: float,
    ) -> AsyncIterator[Incoming]:
        response, sent = await self._head(
            method, url, headers, body, provider.id, provider.name, head_seconds
        )
        try:
            incoming = _incoming(response, url, provider=provider.id, name=provider.name, sent=sent)
            _require_api_answer(incoming, provider)
            yield incoming
        finally:
            await response.aclose()

    async def _head(  # noqa: PLR0917
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        provider: str,
        name: str,
        seconds: float,
    ) -> tuple[httpcore.Response, int]:
        """Send a request and wait for the head of its response; how many bytes went out."""
        import httpcore  # noqa: PLC0415 - start-up must not wait for it

        from edgeroute.providers.transport.http_request import http_request  # noqa: PLC0415
        from edgeroute.providers.transport.network import METER, ByteCount  # noqa: PLC0415

        limits = {"connect": self._limits.connect, "write": self._limits.write}
        request = http_request(method, url, headers, body, limits)
        meter = ByteCount()
        token = METER.set(meter)
        try:
            async with asyncio.timeout(seconds):
                response = await self._pool(url).handle_async_request(request)
        except TimeoutError:
            raise outage(
                provider,
                f"{name} did not answer within {seconds:g} seconds.",
                sent=meter.sent,
                transient=False,
            ) from None
        except (
            httpcore.TimeoutException,
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.ProxyError,
        ) as error:
            raise from_transport(error, provider, name=name, sent=meter.sent) from None
        finally:
            METER.reset(token)
        encodings = [v for field, v in response.headers if field.lower() == b"content-encoding"]
        encoded = any(one.strip().lower() != b"identity" for one in encodings)
        if encoded or len(response.headers) > _MAX_HEADERS:
            await response.aclose()
            raise outage(
                provider,
                f"{name} answered in a form that was not asked for.",
                sent=meter.sent,
                transient=False,
            )
        return response, meter.sent

    def _pool(self, url: str) -> httpcore.AsyncConnectionPool:
        """The connections for ``url``; no proxy ever stands between us and this machine."""
        proxy = self._proxy
        if proxy and is_loopback(urlsplit(url).hostname or ""):
            proxy = ""
        if proxy not in self._pools:
            self._pools[proxy] = self._build(proxy)
        return self._pools[proxy]

    def _build(self, proxy: str) -> httpcore.AsyncConnectionPool:
        import httpcore  # noqa: PLC0415 - start-up must not wait for it

        from edgeroute.providers.transport.network import NetworkBackend  # noqa: PLC0415

        for library in ("httpx", "httpcore"):  # they log addresses
            logging.getLogger(library).setLevel(logging.WARNING)
        context = tls_context(self._ca_file)
        backend = NetworkBackend(lockdown.opening)
        if proxy:
            return httpcore.AsyncHTTPProxy(
                proxy,
                ssl_context=context,
                max_connections=self._limits.connections,
                keepalive_expiry=_IDLE_SECONDS,
                network_backend=backend,
            )
        return httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=self._limits.connections,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=backend,
        )


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """TLS 1.2 or later with every certificate verified against Mozilla's list and ``ca_file``.

    Raises:
        SettingsError: ``ca_file`` cannot be read.
    """
    import certifi  # noqa: PLC0415 - start-up must not wait for it

    # Not ssl.create_default_context: it would write session secrets to SSLKEYLOGFILE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    if ca_file:
        try:
            context.load_verify_locations(Path(ca_file).expanduser())
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"network.ca_file: {ca_file} holds no certificates that can be read.",
                hint="It must be a PEM file.",
            ) from error
    return context


def _require_destination(url: str, provider: Provider) -> None:
    """Refuse an address that is not the provider's, or plain http beyond this machine."""
    if not any(url.startswith(base.rstrip("/") + "/") for base in provider.wires.values()):
        raise ClearanceRefused(f"The address is not one of {provider.name}'s.")
    parts = urlsplit(url)
    if parts.scheme != "https" and not (provider.own and is_loopback(parts.hostname or "")):
        raise ClearanceRefused("Only your own endpoint on this machine may be spoken to plainly.")


def _require_download_host(url: str, hosts: Sequence[str]) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    allowed = any(host == name or host.endswith(f".{name}") for name in hosts)
    if not allowed or not (parts.scheme == "https" or is_loopback(host)):
        raise ProviderError(
            ErrorKind.BAD_REQUEST, host, f"Files are not fetched from {host or 'there'}."
        )
    return host


def _require_api_answer(incoming: Incoming, provider: Provider) -> None:
    """Refuse a redirect, and a success that no API would send: a captive portal."""
    status = incoming.status
    if 300 <= status < 400:
        raise outage(
            provider.id,
            f"{provider.name} answered with a redirect, which is never followed.",
            sent=incoming.bytes_sent,
            transient=False,
            status=status,
        )
    kind = incoming.content_type
    known = kind in _API_TYPES or kind.endswith("+json")
    if status < 300 and not known:
        raise outage(
            provider.id,
            f"Something other than {provider.name} answered.",
            sent=incoming.bytes_sent,
            transient=False,
            status=status,
            hint="The network may want you to sign in first.",
        )


def _incoming(
    response: httpcore.Response, url: str, *, provider: str, name: str, sent: int
) -> Incoming:
    headers: dict[str, str] = {}
    for key, value in response.headers:
        field, said = key.decode("latin-1").lower(), value.decode("latin-1")
        headers[field] = f"{headers[field]}, {said}" if field in headers else said
    return Incoming(
        response.status,
        headers,
        response.aiter_stream(),
        host=urlsplit(url).hostname or "",
        provider=provider,
        name=name,
        sent=sent,
    )


def _whole_size(incoming: Incoming) -> int | None:
    _, _, total = incoming.headers.get("content-range", "").partition("/")
    length = total if incoming.status == 206 else incoming.headers.get("content-length", "")
    return int(length) if length.isdigit() else None
