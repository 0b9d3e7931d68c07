"""A relay before a server: it hands every byte on, and keeps the requests that came through.

Only the port in `Host` becomes the server's, which has as many digits.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import Self

from tests.support.scripted_provider import Received

_PIECE = 65_536


class Relay:
    """Listens on loopback and speaks for the server at ``port`` there."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._streams: list[bytearray] = []
        self._lock = threading.Lock()
        self._host = re.compile(rb"(?i)(\r\nhost: *127\.0\.0\.1:)%d\b" % self.port)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="relay", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def requests(self) -> list[Received]:
        """Every whole request so far, those of one connection in their order."""
        with self._lock:
            streams = [bytes(stream) for stream in self._streams]
        return [one for stream in streams for one in _requests(stream)]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self._to)) as far:
            came = bytearray()
            with self._lock:
                self._streams.append(came)
            back = threading.Thread(target=_hand, args=(far, near), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while piece := near.recv(_PIECE):
                    with self._lock:
                        came += piece
                    far.sendall(self._host.sub(rb"\g<1>%d" % self._to, piece))
            _shut(far)
            back.join()


def _hand(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := one.recv(_PIECE):
            other.sendall(piece)
    _shut(other)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def _requests(stream: bytes) -> list[Received]:
    """The whole requests in what one connection has carried."""
    found: list[Received] = []
    while b"\r\n\r\n" in stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if "chunked" in headers.get("transfer-encoding", ""):
            body, rest = _chunks(rest)
        else:
            size = int(headers.get("content-length", "0"))
            body, rest = rest[:size], rest[size:]
        found.append(Received(len(found) + 1, method, path, headers, body, 0.0))
        stream = rest
    return found


def _chunks(stream: bytes) -> tuple[bytes, bytes]:
    body = b""
    while stream:
        line, _, rest = stream.partition(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        body += rest[:size]
        stream = rest[size + 2 :]
        if size == 0:
            break
    return body, stream
