"""Where a name may lead: the door is not to be lured to this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from edgeroute.boundary import lockdown
from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.providers.egress import Door
from edgeroute.providers.transport.network import _is_next_door
from tests.providers.test_egress import Clear, mock, request_to, send

NAME = "llm.example.com"


def _first_byte(listener: socket.socket) -> bytes:
    """What comes first over the next connection; nothing if it is only closed."""
    listener.settimeout(5)
    with listener.accept()[0] as came, contextlib.suppress(ConnectionResetError):
        came.settimeout(5)
        return came.recv(1)
    return b""


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
async def test_a_name_that_leads_to_this_machine_is_left(
    address: str, clear: Clear, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one byte, not even of a handshake, is for whoever listens here under a foreign name."""
    looked_up: list[str] = []

    def look_up(host: str, port: int, *_args: object, **_options: object) -> list[object]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))]

    # As in a process that is locked down: the door learns which addresses its name has.
    monkeypatch.setattr(socket, "getaddrinfo", lockdown._remembering(look_up))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider = mock(f"https://{NAME}:{listener.getsockname()[1]}/v1")
        outgoing = request_to(provider)
        with pytest.raises(ProviderError, match="leads to this machine") as caught:
            await send(door, outgoing, clear(outgoing), provider)
        assert await asyncio.to_thread(_first_byte, listener) == b""
    assert caught.value.kind is ErrorKind.OUTAGE
    assert not caught.value.transient
    assert caught.value.bytes_sent == 0
    assert looked_up == [NAME]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        *((one, True) for one in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "0.0.0.0")),
        *((one, True) for one in ("::", "169.254.169.254", "fe80::1%eth0", "::ffff:169.254.1.1")),
        *((one, False) for one in ("203.0.113.7", "2001:db8::1", "10.0.0.1", "192.168.1.9")),
        *((one, False) for one in ("172.17.0.1", "100.64.0.1", "fd00::1", "198.18.0.5")),
    ],
)
def test_which_addresses_a_name_may_not_have(address: str, *, expected: bool) -> None:
    """Not this machine's and its cable's own addresses; a company's private network is allowed."""
    assert _is_next_door(address) is expected
