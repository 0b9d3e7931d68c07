"""A connection that never makes up its mind is cut."""

from __future__ import annotations

import socket

import pytest

from tests.support.endpoint import Endpoint

_PIECE = 16 * 1024
_MOST = 4 * 1024 * 1024


def sent_before_cut(endpoint: Endpoint, begin: bytes, piece: bytes) -> int:
    """How many bytes were taken of ``piece`` again and again after ``begin``."""
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=5) as connection:
        connection.sendall(begin)
        sent = 0
        try:
            while sent < _MOST:
                connection.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        return sent


def head(endpoint: Endpoint) -> bytes:
    """A whole request's lines up to its last header."""
    return (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\n"
        f"Authorization: Bearer {endpoint.token}\r\nContent-Type: application/json\r\n"
    ).encode()


@pytest.mark.parametrize(
    "piece", [b"y" * _PIECE, b"X-A: b\r\n" * (_PIECE // 8)], ids=["one header", "many headers"]
)
def test_an_endless_head_is_cut(endpoint: Endpoint, piece: bytes) -> None:
    """Whether one header never ends or there is always another: memory does not grow with it."""
    begun = head(endpoint) + (b"X-Long: " if piece.startswith(b"y") else b"")
    assert sent_before_cut(endpoint, begun, piece) < _MOST


def test_endless_trailers_are_cut(endpoint: Endpoint) -> None:
    """What follows a body in chunks is limited as what goes before it."""
    begun = head(endpoint) + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Long: "
    assert sent_before_cut(endpoint, begun, b"y" * _PIECE) < _MOST


def test_a_long_body_is_no_long_head(endpoint: Endpoint) -> None:
    """A second request right behind a long body is answered, as is a body in tiny chunks."""
    said = b'{"messages":[{"role":"user","content":"%s"}]}' % (b"hi " * 40_000)
    length = f"Content-Length: {len(said)}\r\n".encode()
    first = head(endpoint) + length + b"\r\n" + said
    tiny = b"".join(b"1\r\n%c\r\n" % byte for byte in said) + b"0\r\n\r\n"
    chunked = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    answers = endpoint.raw(first + head(endpoint) + chunked + tiny)
    assert answers.count(b"HTTP/1.1 200") == 2
