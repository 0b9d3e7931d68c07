"""HTTP to this machine: a Unix socket or a loopback address, and nothing else.

No proxy, no redirect, no environment variable has a say in where a prompt goes.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from edgeroute.core.errors import LocalModelError
from edgeroute.core.hosts import is_loopback, loopback_address
from edgeroute.core.secret import Secret
from edgeroute.wire.json_data import dump

if TYPE_CHECKING:
    import httpx

Opening = Callable[[str, int], AbstractContextManager[object]]
"""``opening(host, port)`` lets a connection to a trusted machine out while it is entered."""

TlsContext = Callable[[], ssl.SSLContext]
"""Makes what decides whose certificates count; called when the first connection needs it."""

_MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
_CONNECT_SECONDS: Final = 3.0
# Reading a long prompt on a slow processor takes minutes without a byte.
_GAP_SECONDS: Final = 900.0


class Unreachable(LocalModelError):
    """Nothing takes connections there: nobody has read the request."""


class BrokenOff(LocalModelError):
    """The connection ended before the answer did."""


@dataclass(frozen=True, slots=True)
class LoopbackReply:
    """A whole answer. ``body`` is its JSON, or an empty object where it is none."""

    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer whose bytes are still coming."""

    status: int
    content_type: str
    chunks: AsyncIterator[bytes]


def local_url(url: str, *, trusted: bool = False) -> str:
    """``url`` with its host as an address, once it is known to be this machine (or ``trusted``).

    Raises:
        LocalModelError: another machine, or no http address.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.password:
        raise LocalModelError(f"{url} is no address of a local model server.", _EXAMPLE)
    address = loopback_address(host)
    if not address:
        if trusted:
            return url.rstrip("/")
        raise LocalModelError(
            f"{host} is another machine, so it does not count as local.",
            "Set `trusted = true` for this endpoint if it is yours and you trust the way there.",
        )
    name = f"[{address}]" if ":" in address else address
    place = f"{name}:{parts.port}" if parts.port else name
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))


_EXAMPLE: Final = "Write it like http://127.0.0.1:1234/v1"


class LocalClient:
    """Talks to one server: at ``socket``, or at ``base_url``.

    ``opening`` is entered around connections to a trusted machine that is not this one; ``tls``
    says whose certificates count. ``in_clear`` says that whoever is on the way there reads along.
    """

    def __init__(
        self,
        *,
        socket: Path | None = None,
        base_url: str = "",
        trusted: bool = False,
        key: Secret | None = None,
        opening: Opening | None = None,
        tls: TlsContext | None = None,
    ) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            LocalModelError: the address is another machine's and not ``trusted``.
        """
        self._socket = socket
        self.base_url = (
            "http://localhost" if socket is not None else local_url(base_url, trusted=trusted)
        )
        self._key = key
        parts = urlsplit(self.base_url)
        self._place = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        away = socket is None and not is_loopback(self._place[0])
        self._opening = opening if away else None
        self.in_clear = away and parts.scheme == "http"
        self._tls = tls

    def _client(self, connect: float, gap: float) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415 - front doors start without it

        headers = {"Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key.reveal()}"
        uds = str(self._socket) if self._socket is not None else None
        verify: ssl.SSLContext | bool = True
        if self.base_url.startswith("http://"):
            # Reading the certificates takes long, and nobody needs them: this client trusts none.
            verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        elif self._tls is not None:
            verify = self._tls()
        return httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=uds, verify=verify, trust_env=False),
            headers=headers,
            timeout=httpx.Timeout(gap, connect=connect),
            trust_env=False,
            follow_redirects=False,
        )

    def _let_out(self) -> AbstractContextManager[object]:
        return self._opening(*self._place) if self._opening else nullcontext()

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        seconds: float = 5.0,
    ) -> LoopbackReply:
        """POST ``body`` to ``path``, or GET it where there is none; the whole answer.

        Raises:
            Unreachable: nothing takes connections.
            BrokenOff: no answer within ``seconds`` between two pieces, or half of one.
        """
        method = "GET" if body is None else "POST"
        connect = min(seconds, _CONNECT_SECONDS)
        async with self._open(method, path, body, connect=connect, gap=seconds) as stream:
            data = await read_all(stream)
        return LoopbackReply(stream.status, parse_object(data))

    @asynccontextmanager
    async def stream(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[Stream]:
        """POST ``body`` to ``path``; leaving the context hangs up.

        Raises:
            Unreachable: nothing takes connections.
            BrokenOff: the connection ended or stood still for too long.
        """
        async with self._open(
            "POST", path, body, connect=_CONNECT_SECONDS, gap=_GAP_SECONDS
        ) as stream:
            yield stream

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, connect: float, gap: float
    ) -> AsyncIterator[Stream]:
        import httpx  # noqa: PLC0415 - front doors start without it

        content = dump(body) if body is not None else None
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            with self._let_out():
                async with (
                    self._client(connect, gap) as client,
                    client.stream(
                        method, self.base_url + path, content=content, headers=headers
                    ) as response,
                ):
                    kind = response.headers.get("content-type", "").partition(";")[0].strip()
                    yield Stream(response.status_code, kind, response.aiter_raw())
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreachable(
                "The local model does not take connections.",
                "Look at it with `edgeroute doctor`.",
            ) from error
        except httpx.TimeoutException as error:
            raise BrokenOff(
                "The local model has stopped answering.", "Try again, or restart it."
            ) from error
        except httpx.HTTPError as error:
            raise BrokenOff(
                "The local model ended in the middle of an answer.",
                "Try again: it is started anew. A smaller model needs less memory.",
            ) from error


async def read_all(stream: Stream) -> bytes:
    """The bytes of an answer, as long as they are few enough.

    Raises:
        LocalModelError: more than any answer has.
    """
    data = bytearray()
    async for chunk in stream.chunks:
        data += chunk
        if len(data) > _MAX_ANSWER_BYTES:
            raise LocalModelError("The local model server sends more than an answer can have.")
    return bytes(data)


def parse_object(data: bytes | str) -> Mapping[str, Any]:
    """The JSON object in ``data``, with or without spaces around it; empty for anything else."""
    try:
        body = json.loads(data.strip() or "{}")
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
