"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import os
import socket
import struct
from typing import cast

import pytest

from edgeroute.core.peer import peer_user


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
