"""The whole process is closed to the network but for what the egress door opens.

``install`` adds an audit hook, which cannot be removed again: every connect, datagram and name
look-up of Python code is refused unless it stays on this machine (Unix sockets, loopback) or goes
through a door that ``opening`` holds open. An open door permits the look-up of its one host, and
connections to its one port at the addresses which that look-up returned.

Permits are process-wide, since look-ups run in worker threads that know nothing of who asked.
Compiled code that makes its own system calls is out of reach; SECURITY.md says so.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.hosts import is_loopback


class _Door:
    """A permit for one host and port, with the addresses that the look-up returned."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.addresses: set[str] = {host} if _is_address(host) else set()


_lock: Final = threading.Lock()
_doors: tuple[_Door, ...] = ()  # replaced as a whole, so that the hook reads it without a lock
_installed = False


def install() -> None:
    """Close the process. Safe to call again."""
    global _installed  # noqa: PLW0603 - the hook is the process's own state
    with _lock:
        if _installed:
            return
        _installed = True
        # A look-up's answer is not part of its audit event, so the function itself is wrapped.
        socket.getaddrinfo = _remembering(socket.getaddrinfo)
        # These resolve a host name before their audit event is raised.
        for name in ("bind", "connect", "connect_ex", "sendto"):
            setattr(socket.socket, name, _numeric_only(getattr(socket.socket, name)))
        sys.addaudithook(_refuse_outside_doors)


def installed() -> bool:
    """Whether the process is closed."""
    return _installed


@contextmanager
def opening(host: str, port: int) -> Iterator[None]:
    """Hold a door open to ``host`` and ``port`` while the block runs."""
    global _doors  # noqa: PLW0603 - the hook is the process's own state
    door = _Door(_plain(host), port)
    with _lock:
        _doors = (*_doors, door)
    try:
        yield
    finally:
        with _lock:
            _doors = tuple(other for other in _doors if other is not door)


def _refuse_outside_doors(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        _check_peer(args[0], args[1])
    elif event == "socket.getaddrinfo":
        _check_look_up(args[0], args[1])
    elif event in {"socket.gethostbyname", "socket.gethostbyaddr"}:
        _check_local(args[0])
    elif event == "socket.getnameinfo":
        _check_local(args[0][0])


def _check_peer(connection: socket.socket, address: Any) -> None:
    """Refuse ``address`` unless it is on this machine or behind an open door."""
    if connection.family == getattr(socket, "AF_UNIX", None) or address is None:
        return
    if connection.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
        host, port = _plain(address[0]), address[1]
        if is_loopback(host):
            return
        if any(port == door.port and host in door.addresses for door in _doors):
            return
    raise PrivacyRefused("A connection outside the egress door was refused.", _HINT)


def _check_look_up(host: Any, port: Any) -> None:
    """Refuse to resolve a name unless it is this machine's or that of an open door."""
    name = _plain(host)
    if not name or is_loopback(name) or _is_address(name):
        return
    if any(name == door.host and port in {door.port, str(door.port), None} for door in _doors):
        return
    raise PrivacyRefused("A name look-up outside the egress door was refused.", _HINT)


def _check_local(host: Any) -> None:
    if not is_loopback(_plain(host)):
        raise PrivacyRefused("A name look-up outside the egress door was refused.", _HINT)


def _remembering(look_up: Callable[..., Any]) -> Callable[..., Any]:
    """``getaddrinfo`` that tells open doors what their host resolves to."""

    @functools.wraps(look_up)
    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        found = look_up(host, port, *args, **options)
        name = _plain(host)
        for door in _doors:
            if door.host == name:
                door.addresses.update(_plain(entry[4][0]) for entry in found)
        return found

    return getaddrinfo


def _numeric_only(method: Callable[..., Any]) -> Callable[..., Any]:
    """A socket method that refuses to resolve a host name by itself."""

    @functools.wraps(method)
    def checked(self: socket.socket, *args: Any) -> Any:
        address = args[-1] if args else None
        if self.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
            name = _plain(address[0])
            if name and not is_loopback(name) and not _is_address(name):
                raise PrivacyRefused("A name look-up outside the egress door was refused.", _HINT)
        return method(self, *args)

    return checked


def _plain(host: Any) -> str:
    """A host as text for comparison: lower case, no trailing dot, no interface."""
    if isinstance(host, bytes | bytearray):
        host = bytes(host).decode("utf-8", "replace")
    if host is None:
        return ""
    name = str(host).rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name.partition("%")[0]))
    except ValueError:
        return name


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


_HINT: Final = "Only a cleared request may leave this machine."
