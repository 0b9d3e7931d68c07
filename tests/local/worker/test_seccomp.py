"""The kernel's own refusals, asked for by compiled code that no audit hook sees."""

from __future__ import annotations

import itertools
import json
import platform
import subprocess
import sys

import pytest

from edgeroute.local.worker import seccomp

# Errors by call, 0 where the call worked. The filter is the only guard here: no hook is installed.
SCRIPT = """
import ctypes, json, os, socket, threading
from edgeroute.local.worker import seccomp
libc = ctypes.CDLL(None, use_errno=True)
listener = socket.socket(socket.AF_UNIX)
listener.bind(b"\\0" + os.urandom(8))
listener.listen()
address = b"\\1\\0" + listener.getsockname()
caller = libc.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0)
installed = seccomp.install()

def error(result):
    return 0 if result >= 0 else ctypes.get_errno()

arguments = (ctypes.c_char_p * 2)(b"/bin/true", None)
found = {
    "ipv4": lambda: libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0),
    "ipv6": lambda: libc.socket(socket.AF_INET6, socket.SOCK_DGRAM, 0),
    "packet": lambda: libc.socket(17, socket.SOCK_RAW, 0),
    "vsock": lambda: libc.socket(40, socket.SOCK_STREAM, 0),
    "connect": lambda: libc.connect(caller, address, len(address)),
    "exec": lambda: libc.execv(b"/bin/true", arguments),
    "ptrace": lambda: libc.ptrace(0, 0, 0, 0),
    "ring": lambda: libc.syscall(425, 1, 0),
    "unix": lambda: libc.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0),
    "pair": lambda: libc.socketpair(socket.AF_UNIX, socket.SOCK_STREAM, 0, (ctypes.c_int * 2)()),
}
told = {name: error(call()) for name, call in found.items()}
inside = []
thread = threading.Thread(target=lambda: inside.append(error(libc.socket(2, 1, 0))))
thread.start()
thread.join()
child = os.fork()
if child == 0:
    os._exit(error(libc.socket(2, 1, 0)))
told |= {"thread": inside[0], "child": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}
print(json.dumps([installed, told]))
"""
LETS_IN = {"unix", "pair"}


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in seccomp._CALLS,
    reason="the filter is for Linux on x86-64 and ARM",
)
def test_compiled_code_gets_out_nowhere() -> None:
    """Networks, connections, programs and other memories are refused to C, threads and children."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    installed, told = json.loads(done.stdout)
    if not installed:
        pytest.skip("this kernel takes no filter")
    assert {name for name, error in told.items() if error == 0} == LETS_IN
    assert {error for name, error in told.items() if name not in LETS_IN} == {13}


@pytest.mark.parametrize("machine", sorted(seccomp._CALLS))
def test_the_filter_is_what_it_says(machine: str) -> None:
    """Run by hand over all numbers, families and ABIs it refuses just the calls of its table."""
    calls = seccomp._CALLS[machine]
    numbers = [*range(500), *(number | 0x40000000 for number in (0, 41, 42))]
    architectures = (calls.architecture, 0x40000003)
    for number, family, architecture in itertools.product(numbers, (1, 2, 10, 16), architectures):
        foreign = architecture != calls.architecture or number >= 0x40000000
        elsewhere = number == calls.socket and family not in {1, 16}
        refused = foreign or elsewhere or number in calls.refused
        outcome = _run(seccomp.program(calls), {0: number, 4: architecture, 16: family})
        assert (outcome != 0x7FFF0000) == refused, (number, family, architecture)


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
        else:
            at += if_true if (loaded == value if code == 0x15 else loaded >= value) else if_false
