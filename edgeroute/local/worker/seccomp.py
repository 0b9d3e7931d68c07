"""What the kernel refuses the worker on Linux, compiled code included.

The audit hook of guard.py sees Python only, and it is llama.cpp that parses model files. So the
kernel is asked to refuse the calls that lead out of the process: a socket of any network, a
connection even to a Unix socket (the session bus would start programs for us), another program,
another process's memory, and the ring that makes such calls unseen. It cannot be taken back, and
whatever the process starts would inherit it.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_AF_UNIX: Final = 1
_AF_NETLINK: Final = 16  # how drivers of graphics cards hear of devices; it leads nowhere else

_LOAD: Final = 0x20  # a 32-bit word of the call's description: number, architecture, arguments
_EQUAL: Final = 0x15
_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EACCES
_X32: Final = 0x40000000  # the same calls under other numbers, on x86-64 only


@dataclass(frozen=True, slots=True)
class Calls:
    """The numbers of the calls on one architecture. ``refused`` are refused whatever they ask."""

    architecture: int
    socket: int
    refused: tuple[int, ...]


# connect, execve, execveat, ptrace, process_vm_readv, process_vm_writev, io_uring_setup
_CALLS: Final = {
    "x86_64": Calls(0xC000003E, 41, (42, 59, 322, 101, 310, 311, 425)),
    "aarch64": Calls(0xC00000B7, 198, (203, 221, 281, 117, 270, 271, 425)),
}


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def install() -> bool:
    """Have the kernel refuse from now on; False where it cannot, or is not Linux."""
    calls = _CALLS.get(platform.machine())
    if sys.platform != "linux" or calls is None or sys.maxsize < 1 << 32:
        return False
    steps = program(calls)
    instructions = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    pointer = ctypes.cast(instructions, ctypes.POINTER(_Instruction))
    filter_ = _Program(len(steps), pointer)
    control = ctypes.CDLL(None).prctl
    zero = ctypes.c_ulong(0)
    if control(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        return False
    mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    return bool(control(_PR_SET_SECCOMP, mode, ctypes.byref(filter_), zero, zero) == 0)


def program(calls: Calls) -> Sequence[tuple[int, int, int, int]]:
    """The filter: code, steps to skip if true and if false, value."""
    tests = [(_AT_LEAST, _X32), *((_EQUAL, number) for number in calls.refused)]
    refuse = 3 + len(tests) + 4  # where the step that refuses stands
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, refuse - 2, calls.architecture),
        (_LOAD, 0, 0, _NUMBER),
    ]
    steps += [(code, refuse - 4 - at, 0, value) for at, (code, value) in enumerate(tests)]
    return [
        *steps,
        (_EQUAL, 0, 4, calls.socket),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUAL, 2, 0, _AF_UNIX),
        (_EQUAL, 1, 0, _AF_NETLINK),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
