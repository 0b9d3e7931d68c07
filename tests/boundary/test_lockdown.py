"""The process is closed to the network. A hook stays: each test has its own process."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

PREAMBLE = """
import asyncio, socket, threading
from edgeroute.core.errors import PrivacyRefused
from edgeroute.boundary import lockdown

REAL = socket.getaddrinfo
OUTSIDE = "192.0.2.7"  # reserved for documentation: nobody has it

def pretend(host, port, *args, **options):
    import sys
    sys.audit("socket.getaddrinfo", host, port, 0, 0, 0)
    if host in ("api.example.com", b"api.example.com"):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (OUTSIDE, int(port or 0)))]
    return REAL(host, port, *args, **options)

def refused(call, *args):
    try:
        call(*args)
    except PrivacyRefused:
        return True
    except OSError as error:
        return repr(error)
    return "went through"

def tcp():
    made = socket.socket()
    made.settimeout(0.05)
    return made
"""


def run(code: str) -> None:
    """Run ``code`` in a fresh closed process; its asserts are the test."""
    script = PREAMBLE + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr


CALLS = {
    "connect": "tcp().connect((OUTSIDE, 443))",
    "connect_ex": "tcp().connect_ex((OUTSIDE, 443))",
    "connect by name": 'tcp().connect(("api.example.com", 443))',
    "create_connection": 'socket.create_connection(("api.example.com", 443), 0.05)',
    "connect IPv6": 'socket.socket(socket.AF_INET6).connect(("2001:db8::1", 443, 0, 0))',
    "mapped": 'socket.socket(socket.AF_INET6).connect(("::ffff:192.0.2.7", 443, 0, 0))',
    "connect any": 'tcp().connect(("0.0.0.0", 443))',
    "sendto": 'socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", (OUTSIDE, 53))',
    "sendto with flags": 'socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", 0, (OUTSIDE, 53))',
    "sendto by name": 'socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("a.example", 53))',
    "sendmsg": 'socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, (OUTSIDE, 53))',
    "bind by name": 'tcp().bind(("a.example", 0))',
    "getaddrinfo": 'socket.getaddrinfo("api.example.com", 443)',
    "bytes name": 'socket.getaddrinfo(b"api.example.com", 443)',
    "gethostbyname": 'socket.gethostbyname("api.example.com")',
    "gethostbyname_ex": 'socket.gethostbyname_ex("api.example.com")',
    "gethostbyaddr": "socket.gethostbyaddr(OUTSIDE)",
    "getnameinfo": "socket.getnameinfo((OUTSIDE, 53), 0)",
    "urllib": '__import__("urllib.request").request.urlopen("http://api.example.com/", timeout=1)',
    "asyncio": "asyncio.run(asyncio.open_connection(OUTSIDE, 443))",
    "asyncio by name": 'asyncio.run(asyncio.open_connection("api.example.com", 443))',
    "raw socket class": "super(socket.socket, tcp()).connect((OUTSIDE, 443))",
}


def test_every_way_out_is_refused() -> None:
    """Connects, datagrams and look-ups of every kind raise before anything leaves."""
    table = "\n".join(f"got[{name!r}] = refused(lambda: {call})" for name, call in CALLS.items())
    run(
        f"lockdown.install()\nlockdown.install()\ngot = {{}}\n{table}\n"
        "wrong = {name: what for name, what in got.items() if what is not True}\n"
        "assert not wrong, wrong\n"
    )


def test_this_machine_stays_reachable() -> None:
    """Unix sockets, loopback and the look-up of localhost work in a closed process."""
    run("""
        import os, tempfile
        lockdown.install()
        assert lockdown.installed()
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "localhost")):
            with socket.socket(family) as server, socket.socket(family) as client:
                server.bind((host, 0))
                server.listen()
                client.connect(server.getsockname())
                client.sendmsg([b"x"])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
                server.bind(path)
                server.listen()
                client.connect(path)
        assert socket.getaddrinfo("localhost", 80) and socket.getaddrinfo(None, 80)
        with socket.socket(type=socket.SOCK_DGRAM) as datagram:
            datagram.sendto(b"x", ("127.0.0.1", 9))
    """)


def test_an_open_door_leads_to_its_host_and_port_only() -> None:
    """Inside ``opening``: that name, the addresses it resolved to, that port. After it: nothing."""
    run("""
        socket.getaddrinfo = pretend
        lockdown.install()
        with lockdown.opening("API.example.com.", 443):
            assert refused(tcp().connect, (OUTSIDE, 443)) is True, "not looked up yet"
            assert refused(socket.getaddrinfo, "other.example.com", 443) is True
            assert refused(socket.getaddrinfo, "api.example.com", 80) is True
            assert socket.getaddrinfo("api.example.com", 443)[0][4] == (OUTSIDE, 443)
            assert refused(tcp().connect, (OUTSIDE, 443)) is not True
            assert refused(tcp().connect, (OUTSIDE, 80)) is True
            assert refused(tcp().connect, ("192.0.2.8", 443)) is True
        assert refused(tcp().connect, (OUTSIDE, 443)) is True
        assert refused(socket.getaddrinfo, "api.example.com", 443) is True
    """)


def test_a_look_up_in_a_worker_thread_counts() -> None:
    """Asyncio resolves in worker threads; the permit reaches them."""
    run("""
        socket.getaddrinfo = pretend
        lockdown.install()
        async def main():
            loop = asyncio.get_running_loop()
            with lockdown.opening("api.example.com", 443):
                await loop.getaddrinfo("api.example.com", 443)
                with socket.socket() as made:
                    made.setblocking(False)
                    try:
                        await asyncio.wait_for(loop.sock_connect(made, (OUTSIDE, 443)), 0.05)
                    except OSError:  # refused by the network or timed out, but not by us
                        pass
        asyncio.run(main())
    """)


def test_two_doors_to_one_host_close_one_by_one() -> None:
    """While one of two requests to a host runs, closing the other leaves its door open."""
    run("""
        lockdown.install()
        with lockdown.opening(OUTSIDE, 443):
            with lockdown.opening(OUTSIDE, 443):
                assert refused(tcp().connect, (OUTSIDE, 443)) is not True
            assert refused(tcp().connect, (OUTSIDE, 443)) is not True
        assert refused(tcp().connect, (OUTSIDE, 443)) is True
    """)


def test_a_door_closes_when_its_block_fails() -> None:
    """An error inside the block leaves nothing open."""
    run("""
        lockdown.install()
        try:
            with lockdown.opening(OUTSIDE, 443):
                raise RuntimeError
        except RuntimeError:
            pass
        assert refused(tcp().connect, (OUTSIDE, 443)) is True
    """)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_server_can_be_started(address: str) -> None:
    """Listening needs no door."""
    run(f"""
        import http.server
        lockdown.install()
        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in {address!r} else socket.AF_INET
        try:
            Server(({address!r}, 0), http.server.BaseHTTPRequestHandler).server_close()
        except OSError as error:
            assert error.errno in (97, 99), error  # no IPv6 on this machine
    """)
