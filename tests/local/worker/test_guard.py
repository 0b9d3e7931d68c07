"""The worker cannot reach a network or start a program."""

from __future__ import annotations

import subprocess
import sys

import pytest

from edgeroute.local.worker import guard

SCRIPT = """
import asyncio, socket, subprocess, sys, urllib.request
from edgeroute.local.worker import guard
guard.install()
for what in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    lambda: socket.socket(socket.AF_INET6).bind(("::1", 0)),
    lambda: subprocess.run(["true"]),
    lambda: __import__("os").system("true"),
):
    try:
        what()
    except PermissionError:
        print("refused")
one, other = socket.socketpair()
one.sendall(b"x")
asyncio.run(asyncio.sleep(0))
print("pairs work")
guard.harden()
if sys.platform == "linux":
    print(open("/proc/self/oom_score_adj").read().strip())
"""


def test_a_real_process_is_closed() -> None:
    """In a process of its own every way out is refused, and what serving needs still works."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[:7] == ["refused"] * 6 + ["pairs work"]
    assert lines[7:] in ([], ["500"])


@pytest.mark.parametrize(
    ("event", "arguments", "expected"),
    [
        ("socket.connect", (None, "/run/x.sock"), True),
        ("socket.connect", (None, b"\0abstract"), True),
        ("socket.connect", (None, ("127.0.0.1", 1)), False),
        ("socket.connect", (None, ("::1", 1, 0, 0)), False),
        ("socket.bind", (None, ("", 0)), False),
        ("socket.sendto", (None, ("10.0.0.1", 53)), False),
        ("socket.sendmsg", (None, None), True),
        ("socket.getaddrinfo", ("localhost", 80), False),
        ("subprocess.Popen", (), False),
        ("open", ("/tmp/x", "r", 0), True),
        ("ctypes.dlopen", ("libllama.so",), True),
    ],
)
def test_what_is_allowed(event: str, arguments: tuple[object, ...], *, expected: bool) -> None:
    """Unix sockets and files are the worker's whole world."""
    assert guard.allowed(event, arguments) is expected
