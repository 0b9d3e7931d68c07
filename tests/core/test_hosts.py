"""What counts as this machine."""

from __future__ import annotations

import os
import socket
import struct
from typing import cast

import pytest

from edgeroute.core.hosts import is_loopback, loopback_address, peer_user


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost.", "LOCALHOST.", "127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"],
)
def test_this_machine(host: str) -> None:
    """Its own name and the addresses that never leave it."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "::ffff:8.8.8.8",
        "127.0.0.1.",
        "localhost.localdomain",
        "0.0.0.0",
        "::",
        "192.168.1.1",
        "localhost.evil.com",
        "127.0.0.1.nip.io",
    ],
)
def test_other_machines(host: str) -> None:
    """Everything else, however much it looks like it."""
    assert not is_loopback(host)


def test_the_name_of_this_machine_is_not_looked_up() -> None:
    """Its name stands for one address, and an address for itself."""
    assert loopback_address("localhost.") == "127.0.0.1"
    assert loopback_address("::ffff:127.0.0.1") == "::ffff:127.0.0.1"
    assert not loopback_address("example.com")


class MacSocket:
    """A socket that answers as macOS does."""

    def getsockopt(self, level: int, option: int, size: int) -> bytes:
        """The peer's credentials: their version, then the user id."""
        assert (level, option, size) == (0, 1, 8)
        return struct.pack("2I", 0, 501)


def test_the_peer_is_this_user() -> None:
    """Both ends of a pair are ours."""
    here, there = socket.socketpair()
    with here, there:
        assert peer_user(here) == os.getuid()


def test_macos_is_asked_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no SO_PEERCRED, LOCAL_PEERCRED tells."""
    monkeypatch.delattr(socket, "SO_PEERCRED", raising=False)
    assert peer_user(cast("socket.socket", MacSocket())) == 501


def test_nobody_is_made_up() -> None:
    """A connection that tells nothing has no known user."""
    with socket.socket() as closed:
        pass
    assert peer_user(closed) is None
