"""The kernel's own refusals, asked for by compiled code that no audit hook sees."""

from __future__ import annotations

import itertools
import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from edgeroute.local.worker import seccomp

ALLOW, REFUSE, UNKNOWN = 0x7FFF0000, 0x0005000D, 0x00050026
# Errors by call, 0 where the call worked. The kernel is the only guard here: no hook is installed.
SCRIPT = """
import ctypes, json, os, signal, socket, sys, tempfile, threading
from pathlib import Path
from edgeroute.local.worker import landlock, seccomp
libc = ctypes.CDLL(None, use_errno=True)
own, others = Path(sys.argv[1]), Path(sys.argv[2])
listener = socket.socket(socket.AF_UNIX)
listener.bind(b"\\0" + os.urandom(8))
listener.listen()
address = b"\\1\\0" + listener.getsockname()
caller = libc.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0)
sleeper = int(sys.argv[3])
(own / "kept").write_text("x")
locked = landlock.install([own])
installed = seccomp.install()

def error(result):
    return 0 if result >= 0 else ctypes.get_errno()

def opened(path, flags=os.O_RDONLY):
    return libc.open(os.fsencode(path), flags | os.O_CREAT * bool(flags), 0o600)

def pair(kind):
    return libc.socketpair(socket.AF_UNIX, kind, 0, (ctypes.c_int * 2)())

arguments = (ctypes.c_char_p * 2)(b"/bin/true", None)
found = {
    "ipv4": lambda: libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0),
    "ipv6": lambda: libc.socket(socket.AF_INET6, socket.SOCK_DGRAM, 0),
    "packet": lambda: libc.socket(17, socket.SOCK_RAW, 0),
    "vsock": lambda: libc.socket(40, socket.SOCK_STREAM, 0),
    "unix": lambda: libc.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0),
    "datagram": lambda: libc.socket(socket.AF_UNIX, socket.SOCK_DGRAM, 0),
    "datagram pair": lambda: pair(socket.SOCK_DGRAM | socket.SOCK_CLOEXEC),
    "connect": lambda: libc.connect(caller, address, len(address)),
    "bind": lambda: libc.bind(caller, address + b"x", len(address) + 1),
    "exec": lambda: libc.execv(b"/bin/true", arguments),
    "fork": lambda: libc.fork(),
    "ptrace": lambda: libc.ptrace(0, 0, 0, 0),
    "ring": lambda: libc.syscall(425, 1, 0),
    "other's handle": lambda: libc.syscall(434, sleeper, 0),
    "other's descriptor": lambda: libc.syscall(438, 0, 0, 0),
    "other's memory": lambda: libc.syscall(310, sleeper, 0, 0, 0, 0, 0),
    "other's limits": lambda: libc.prlimit(sleeper, 7, None, (ctypes.c_long * 2)()),
    "signal": lambda: libc.kill(sleeper, 0),
    "keys": lambda: libc.syscall(250, 0, -3, 0, 0, 0),
    "mount": lambda: libc.mount(b"none", b"/mnt", b"tmpfs", 0, None),
    "own signal": lambda: libc.kill(os.getpid(), 0),
    "pair": lambda: pair(socket.SOCK_STREAM | socket.SOCK_CLOEXEC),
}
files = {
    "other's file": lambda: opened(others / "secret"),
    "other's folder": lambda: opened(others),
    "new file elsewhere": lambda: opened(others / "new", os.O_WRONLY),
    "change of a program": lambda: opened(json.__file__, os.O_WRONLY),
    "memory of another": lambda: opened(f"/proc/{sleeper}/mem"),
    "words of another": lambda: opened(f"/proc/{sleeper}/environ"),
    "own file": lambda: opened(own / "kept", os.O_RDWR),
    "own new file": lambda: opened(own / "new", os.O_WRONLY),
    "own file gone": lambda: libc.unlink(os.fsencode(own / "kept")),
    "library": lambda: opened(json.__file__),
}
told = {name: error(call()) for name, call in found.items()}
on_files = {name: error(call()) for name, call in files.items()}
inside = []
thread = threading.Thread(target=lambda: inside.append(error(libc.socket(2, 1, 0))))
thread.start()
thread.join()
told |= {"thread": inside[0]}
print(json.dumps([installed, told, locked, on_files]))
"""
LETS_IN = {"pair", "own signal"}
OWN_FILES = {"own file", "own new file", "own file gone", "library"}


@pytest.mark.skipif(
    sys.platform != "linux" or seccomp.calls_of(platform.machine()) is None,
    reason="the filter is for Linux on x86-64 and ARM",
)
def test_compiled_code_gets_out_nowhere(tmp_path: Path) -> None:
    """A hostile library in the worker's place reaches no network, no program, no other process and
    no file but its own.
    """
    own, others = tmp_path / "own", tmp_path / "others"
    own.mkdir()
    others.mkdir()
    (others / "secret").write_text("x")
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        command = [sys.executable, "-c", SCRIPT, str(own), str(others), str(sleeper.pid)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        finally:
            sleeper.terminate()
    installed, told, locked, on_files = json.loads(done.stdout)
    if not installed:
        pytest.skip("this kernel takes no filter")
    assert {name for name, error in told.items() if error == 0} == LETS_IN
    assert {error for name, error in told.items() if name not in LETS_IN} == {13}
    if locked:
        assert {name for name, error in on_files.items() if error == 0} == OWN_FILES


@pytest.mark.parametrize("machine", sorted(seccomp._ARCHITECTURES))
def test_the_filter_is_what_it_says(machine: str) -> None:
    """Run by hand over all numbers and ABIs it lets through just the calls of its table."""
    calls = seccomp.calls_of(machine)
    assert calls is not None
    steps = seccomp.program(calls, 77)
    numbers = [*range(600), *(number | 0x40000000 for number in (0, 41, 42))]
    for number, architecture in itertools.product(numbers, (calls.architecture, 0x40000003)):
        if number in calls.checked.values():
            continue
        foreign = architecture != calls.architecture or number >= 0x40000000
        outcome = _run(steps, {0: number, 4: architecture, 16: 1, 24: 1})
        assert (outcome == ALLOW) == (number in calls.allowed and not foreign), number


@pytest.mark.parametrize("machine", sorted(seccomp._ARCHITECTURES))
@pytest.mark.parametrize(
    ("name", "first", "second", "outcome"),
    [
        ("socket", 16, 3, ALLOW), ("socket", 1, 1, REFUSE), ("socket", 2, 1, REFUSE),
        ("socketpair", 1, 0x80001, ALLOW), ("socketpair", 1, 2, REFUSE),
        ("socketpair", 2, 1, REFUSE), ("socketpair", 1, 5, REFUSE),
        ("clone", 0x3D0F00, 0, ALLOW), ("clone", 0x1200011, 0, REFUSE),
        ("clone3", 0, 0, UNKNOWN), ("kill", 77, 9, ALLOW), ("kill", 78, 9, REFUSE),
        ("kill", 0xFFFFFFFF, 9, REFUSE), ("tgkill", 77, 1, ALLOW), ("tgkill", 1, 1, REFUSE),
        ("prlimit64", 0, 7, ALLOW), ("prlimit64", 77, 7, ALLOW), ("prlimit64", 78, 7, REFUSE),
    ],
)  # fmt: skip
def test_some_calls_are_looked_at(
    machine: str, name: str, first: int, second: int, outcome: int
) -> None:
    """Of sockets, new threads, signals and limits only the harmless forms pass."""
    calls = seccomp.calls_of(machine)
    assert calls is not None
    words = {0: calls.checked[name], 4: calls.architecture, 16: first, 24: second}
    assert _run(seccomp.program(calls, 77), words) == outcome


def _run(steps: object, words: dict[int, int]) -> int:
    assert isinstance(steps, list)
    at, loaded = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == 0x06:
            return int(value)
        if code == 0x20:
            loaded = words[value]
        elif code == 0x54:
            loaded &= value
        else:
            holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}
            at += if_true if holds[code] else if_false
