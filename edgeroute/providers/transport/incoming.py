"""A provider's response while it comes in, limited in time and size."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from edgeroute.core.errors import ErrorKind, ProviderError

ANSWER_BYTES: Final = 64 * 1024 * 1024


@dataclass
class Deadline:
    """``seconds`` after ``began`` on the event loop's clock. It may move while it is waited for."""

    began: float = 0.0
    seconds: float = math.inf

    @property
    def at(self) -> float:
        """The moment on the event loop's clock."""
        return self.began + self.seconds


class Incoming:
    """A response whose head has come. Read it inside the door's context only.

    ``status``, ``headers`` (names in lower case), ``content_type`` without parameters, ``host``,
    and ``bytes_sent``: how many bytes of the request were handed to the network.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes],
        *,
        host: str,
        provider: str,
        name: str,
        sent: int,
    ) -> None:
        self.status = status
        self.headers = headers
        self.content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        self.host = host
        self.bytes_sent = sent
        self._body = body
        self._provider = provider
        self._name = name

    async def chunks(
        self, gap: float, limit: int = ANSWER_BYTES, until: Deadline | None = None
    ) -> AsyncIterator[bytes]:
        """The body as it comes.

        ``gap`` is how many seconds may pass without a byte, ``until`` when the next one must have
        come at the latest, ``limit`` how many bytes may come.

        Raises:
            ProviderError: silence, a broken connection, or more than an answer can be.
        """
        total = 0
        loop = asyncio.get_running_loop()
        until = until or Deadline()
        while True:
            silent = loop.time() + gap
            try:
                async with asyncio.timeout_at(min(silent, until.at)):
                    chunk = await anext(self._body, None)
            except TimeoutError:
                raise outage(
                    self._provider,
                    f"{self._name} fell silent for {gap:g} seconds."
                    if silent <= until.at
                    else f"{self._name} kept its answer waiting for {until.seconds:g} seconds.",
                    sent=self.bytes_sent,
                    transient=False,
                ) from None
            except Exception as error:  # noqa: BLE001 - the library's, told apart by their cause
                raise from_transport(
                    error, self._provider, name=self._name, sent=self.bytes_sent
                ) from None
            if chunk is None:
                return
            total += len(chunk)
            if total > limit:
                raise outage(
                    self._provider,
                    f"{self._name} sent more than {limit >> 20} MiB.",
                    sent=self.bytes_sent,
                    transient=False,
                )
            yield chunk

    async def read(
        self, gap: float, limit: int = ANSWER_BYTES, until: Deadline | None = None
    ) -> bytes:
        """The whole body.

        Raises:
            ProviderError: as for ``chunks``.
        """
        return b"".join([chunk async for chunk in self.chunks(gap, limit, until)])

    async def beginning(self, gap: float, size: int) -> bytes:
        """Up to ``size`` bytes of the body; less where it breaks off."""
        pieces: list[bytes] = []
        with suppress(ProviderError):
            async for chunk in self.chunks(gap):
                pieces.append(chunk)
                size -= len(chunk)
                if size <= 0:
                    break
        return b"".join(pieces)


def outage(
    provider: str,
    message: str,
    *,
    sent: int,
    transient: bool = True,
    status: int | None = None,
    hint: str = "",
) -> ProviderError:
    """An outage of ``provider`` after ``sent`` bytes were handed to the network."""
    return ProviderError(
        ErrorKind.OUTAGE,
        provider,
        message,
        status=status,
        bytes_sent=sent,
        transient=transient,
        hint=hint,
    )


def from_transport(error: Exception, provider: str, *, name: str, sent: int) -> ProviderError:
    """The outage behind an exception of the HTTP library."""
    import httpcore  # noqa: PLC0415 - loaded already where this can happen

    from edgeroute.providers.transport.network import Misled  # noqa: PLC0415

    causes = _causes(error)

    def caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    transient, hint = False, ""
    if caused_by(ssl.SSLCertVerificationError):
        message = f"The certificate of {name} is not to be trusted."
        hint = "If your network re-encrypts traffic, set network.ca_file."
    elif caused_by(ssl.SSLError):
        message = f"No secure connection to {name} came about."
    elif caused_by(socket.gaierror):
        message = f"The address of {name} is not found."
        hint = "Is this machine connected to a network?"
    elif caused_by(Misled):
        message = f"The name of {name} leads to this machine, so nothing was sent."
        hint = "Ask whoever runs your network; an endpoint of yours here is named 127.0.0.1."
    elif caused_by(httpcore.ConnectTimeout, httpcore.WriteTimeout, httpcore.PoolTimeout):
        message = f"{name} cannot be reached in time."
    elif caused_by(httpcore.ConnectError):
        message, transient = f"{name} refuses the connection.", True
    elif caused_by(httpcore.RemoteProtocolError):
        message, transient = f"The answer of {name} broke off or is not HTTP.", True
    else:
        message, transient = f"The connection to {name} broke.", True
    return outage(provider, message, sent=sent, transient=transient, hint=hint)


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
