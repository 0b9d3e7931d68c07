"""A provider that cannot be reached or breaks off: what happened, as a sentence without anything
of the request's.
"""

from __future__ import annotations

import socket
import ssl

from edgeroute.core.errors import ErrorKind, ProviderError


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
