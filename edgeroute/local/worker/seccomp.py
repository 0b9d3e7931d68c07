"""Which system calls the worker may make on Linux, compiled code included.

The audit hook of guard.py sees Python only, and it is llama.cpp that parses model files. So the
kernel lets through what serving a model needs and refuses all else: sockets, connections, other
programs, other processes and their memory, and what nobody here has heard of. It cannot be taken
back. The calls are in rules/tables/system-calls.yaml; landlock.py says which files may be opened.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from edgeroute import datafile

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_AF_UNIX: Final = 1
_AF_NETLINK: Final = 16  # how drivers of graphics cards hear of devices; it leads nowhere else
_SOCK_STREAM: Final = 1
_SOCK_KIND: Final = 0xF
_CLONE_THREAD: Final = 0x10000

_LOAD: Final = 0x20  # a 32-bit word of the call's description: number, architecture, arguments
_EQUAL: Final = 0x15
_AT_LEAST: Final = 0x35
_ANY_BIT: Final = 0x45
_AND: Final = 0x54
_RETURN: Final = 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EACCES
_UNKNOWN: Final = 0x00050000 | errno.ENOSYS  # the C library then makes an older call
_X32: Final = 0x40000000  # the same calls under other numbers, on x86-64 only

_Step = tuple[int, int, int, int]  # code, steps to skip if true and if false, value
_Numbers = dict[str, tuple[int | None, int | None]]
_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    allowed: _Numbers
    checked: _Numbers


@dataclass(frozen=True, slots=True)
class Calls:
    """The numbers of the calls on one architecture: ``allowed`` ones, and ``checked`` by name."""

    architecture: int
    allowed: tuple[int, ...]
    checked: dict[str, int]


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def calls_of(machine: str) -> Calls | None:
    """The calls on ``machine``, as the kernel calls it; None where they are not known."""
    if machine not in _ARCHITECTURES:
        return None
    column, architecture = _ARCHITECTURES[machine]
    table = datafile.table("system-calls", _Table)
    allowed = (numbers[column] for numbers in table.allowed.values())
    checked = {name: numbers[column] for name, numbers in table.checked.items()}
    return Calls(
        architecture,
        tuple(number for number in allowed if number is not None),
        {name: number for name, number in checked.items() if number is not None},
    )


def install() -> bool:
    """Have the kernel refuse from now on; False where it cannot, or is not Linux."""
    calls = calls_of(platform.machine())
    if sys.platform != "linux" or calls is None or sys.maxsize < 1 << 32:
        return False
    steps = program(calls, os.getpid())
    instructions = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    pointer = ctypes.cast(instructions, ctypes.POINTER(_Instruction))
    filter_ = _Program(len(steps), pointer)
    control = ctypes.CDLL(None).prctl
    zero = ctypes.c_ulong(0)
    if control(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        return False
    mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    return bool(control(_PR_SET_SECCOMP, mode, ctypes.byref(filter_), zero, zero) == 0)


def program(calls: Calls, process: int) -> Sequence[_Step]:
    """The filter for the process with the number ``process``."""
    refuse, allow = (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)
    own: list[_Step] = [(_LOAD, 0, 0, _FIRST), (_EQUAL, 0, 1, process), allow, refuse]
    rules: dict[str, list[_Step]] = {
        "socket": [(_LOAD, 0, 0, _FIRST), (_EQUAL, 0, 1, _AF_NETLINK), allow, refuse],
        "socketpair": [
            (_LOAD, 0, 0, _FIRST),
            (_EQUAL, 0, 4, _AF_UNIX),
            (_LOAD, 0, 0, _SECOND),
            (_AND, 0, 0, _SOCK_KIND),
            (_EQUAL, 0, 1, _SOCK_STREAM),
            allow,
            refuse,
        ],
        "clone": [(_LOAD, 0, 0, _FIRST), (_ANY_BIT, 0, 1, _CLONE_THREAD), allow, refuse],
        "clone3": [(_RETURN, 0, 0, _UNKNOWN)],
        "kill": own,
        "tgkill": own,
        "prlimit64": [(_LOAD, 0, 0, _FIRST), (_EQUAL, 1, 0, 0), *own[1:]],
    }
    steps: list[_Step] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, calls.architecture),
        refuse,
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        refuse,
    ]
    for name, number in calls.checked.items():
        steps += [(_EQUAL, 0, len(rules[name]), number), *rules[name]]
    for number in calls.allowed:
        steps += [(_EQUAL, 0, 1, number), allow]
    return [*steps, refuse]
