"""The process is closed to the network. A hook stays: each test has its own process."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from edgeroute.boundary import lockdown
from edgeroute.core.errors import PrivacyRefused

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


def refused(event: str, *args: object) -> bool:
    """Whether the hook refuses ``event``, as Python raises it before anything is sent."""
    try:
        lockdown._refuse_outside_doors(event, args)
    except PrivacyRefused:
        return True
    return False


def test_a_refusal_says_what_was_tried_and_what_may_leave(inet: socket.socket) -> None:
    """A connection or a look-up; the way out is a cleared request."""
    for event, args, what in (
        ("socket.connect", (inet, ("192.0.2.7", 443)), "A connection outside the egress door"),
        ("socket.getaddrinfo", ("api.example.com", 443), "A name look-up outside the egress"),
        ("socket.gethostbyname", ("api.example.com",), "A name look-up outside the egress door"),
    ):
        with pytest.raises(PrivacyRefused, match=what) as caught:
            lockdown._refuse_outside_doors(event, args)
        assert caught.value.hint == "Only a cleared request may leave this machine."


@pytest.fixture
def inet() -> Iterator[socket.socket]:
    """A socket that is connected to nothing."""
    with socket.socket() as made:
        yield made


@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.sendmsg"])
def test_a_peer_is_on_this_machine_or_behind_a_door(inet: socket.socket, event: str) -> None:
    """The very address and port, for as long as the door is open; in whatever way it is written."""
    assert not refused(event, inet, ("127.0.0.1", 9))
    assert not refused(event, inet, ("localhost", 9))
    assert not refused(event, inet, None)
    assert refused(event, inet, ("192.0.2.7", 443))
    assert refused(event, inet, "/a/path")
    with lockdown.opening("192.0.2.7", 443), lockdown.opening("2001:DB8::1", 8443):
        assert not refused(event, inet, ("192.0.2.7", 443))
        assert not refused(event, inet, ("2001:db8:0::1%eth0", 8443, 0, 0))
        assert refused(event, inet, ("192.0.2.7", 8443))
        assert refused(event, inet, ("192.0.2.8", 443))
    assert refused(event, inet, ("192.0.2.7", 443))


def test_only_unix_sockets_and_the_internet_are_known(inet: socket.socket) -> None:
    """A Unix socket stays on this machine; any other family is refused, whatever it names."""
    with socket.socket(socket.AF_UNIX) as unix:
        assert not refused("socket.connect", unix, "/a/path")
    odd = SimpleNamespace(family=socket.AF_UNSPEC)
    assert refused("socket.connect", odd, ("127.0.0.1", 9))
    six = SimpleNamespace(family=socket.AF_INET6)
    assert not refused("socket.connect", six, ("::1", 9, 0, 0))
    assert refused("socket.connect", six, ("2001:db8::1", 9, 0, 0))
    assert refused("socket.connect", inet, b"\x02\x00")


@pytest.mark.parametrize("name", ["api.example.com", b"API.Example.com", "api.example.com."])
def test_a_name_is_looked_up_for_its_door_only(name: str | bytes) -> None:
    """With the door's port, or without one; in whatever way it is written."""
    assert refused("socket.getaddrinfo", name, 443)
    with lockdown.opening("api.example.com", 443):
        for port in (443, "443", None):
            assert not refused("socket.getaddrinfo", name, port)
        for port in (80, "https", 0):
            assert refused("socket.getaddrinfo", name, port)
        assert refused("socket.getaddrinfo", "other.example.com", 443)
        assert refused("socket.gethostbyname", name)


@pytest.mark.parametrize(
    "here", ["localhost", "127.0.0.1", "::1", "192.0.2.7", None, "", bytearray()]
)
def test_what_needs_no_look_up_is_not_refused(here: object) -> None:
    """The name of this machine, addresses, and no name at all."""
    assert not refused("socket.getaddrinfo", here, 80)


@pytest.mark.parametrize("event", ["socket.gethostbyname", "socket.gethostbyaddr"])
def test_old_ways_to_look_up_are_for_this_machine(event: str) -> None:
    """A door does not open them."""
    assert not refused(event, "localhost")
    assert not refused(event, "127.0.0.1")
    with lockdown.opening("192.0.2.7", 443):
        assert refused(event, "192.0.2.7")
    assert not refused("socket.getnameinfo", ("127.0.0.1", 80))
    assert refused("socket.getnameinfo", ("192.0.2.7", 80))


@pytest.mark.parametrize("event", ["open", "socket.bind", "socket.__new__", "subprocess.Popen"])
def test_everything_else_is_not_the_hooks_matter(event: str) -> None:
    """It looks at no other event, whatever comes with it."""
    assert not refused(event)


def test_a_look_up_tells_the_doors_of_that_host(inet: socket.socket) -> None:
    """All of its addresses, in every family, and no other door's; the answer stays as it was."""
    found = [
        (socket.AF_INET, 1, 6, "", ("192.0.2.7", 443)),
        (socket.AF_INET6, 1, 6, "", ("2001:DB8::7", 443, 0, 0)),
    ]
    asked: list[object] = []

    def look_up(*args: object, **options: object) -> list[object]:
        asked.extend((args, options))
        return [*found]

    getaddrinfo = lockdown._remembering(look_up)
    with lockdown.opening("api.example.com", 443), lockdown.opening("other.example.com", 80):
        assert getaddrinfo("API.example.com", 443, 0, type=1) == found
        assert asked == [("API.example.com", 443, 0), {"type": 1}]
        assert not refused("socket.connect", inet, ("192.0.2.7", 443))
        assert not refused("socket.connect", inet, ("2001:db8::7", 443))
        assert refused("socket.connect", inet, ("192.0.2.7", 80))
    assert refused("socket.connect", inet, ("192.0.2.7", 443))


def test_methods_that_look_up_by_themselves_get_addresses_only(inet: socket.socket) -> None:
    """A host name is refused before the method runs; addresses, this machine and Unix paths pass
    to it as they are.
    """
    passed: list[object] = []

    def method(_: socket.socket, *args: object) -> str:
        passed.extend(args)
        return "done"

    checked = lockdown._numeric_only(method)
    for address in (("192.0.2.7", 443), ("localhost", 9), ("", 0), "/a/path"):
        assert checked(inet, address) == "done"
    assert checked(inet, b"x", 0, ("::1", 9)) == "done"
    assert checked(inet) == "done"
    assert passed == [
        ("192.0.2.7", 443), ("localhost", 9), ("", 0), "/a/path", b"x", 0, ("::1", 9),
    ]  # fmt: skip
    with socket.socket(socket.AF_UNIX) as unix:
        assert checked(unix, ("a.example", 9)) == "done"
    passed.clear()
    with pytest.raises(PrivacyRefused, match="look-up outside") as error:
        checked(inet, b"x", ("a.example", 9))
    assert error.value.hint
    assert passed == []
