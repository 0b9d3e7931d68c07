"""Which files the worker may reach on Linux, compiled code included: Landlock, from kernel 5.13 on.

It may read what programs are made of, and change its models and its own folder. Nothing else of the
user's can be opened, no other process's memory either. It cannot be taken back.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import edgeroute
from edgeroute import datafile

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_NO_NEW_PRIVS: Final = 38
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE, _MAKE, _TRUNCATE, _DEVICE = 1 << 5, 1 << 8, 1 << 14, 1 << 15
_OF_FILES: Final = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE
_NETWORK: Final = 0b11  # binding and connecting by TCP
_SCOPES: Final = 0b11  # abstract sockets and signals of others
# How many rights on files each version of Landlock knows.
_KNOWN: Final = {1: 13, 2: 14, 3: 15, 4: 15}
_ALL: Final = 16
_SYSTEM: Final = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc", "/opt", "/nix/store", "/sys",
    # Of /proc only itself and the machine: the rest is other processes.
    "/proc/self", "/proc/cpuinfo", "/proc/devices", "/proc/driver", "/proc/filesystems",
    "/proc/loadavg", "/proc/meminfo", "/proc/modules", "/proc/stat", "/proc/sys", "/proc/uptime",
    "/proc/version",
)  # fmt: skip


class _Rules(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("parent", ctypes.c_int32))


def install(changed: Iterable[Path], read: Iterable[Path] = ()) -> bool:
    """Restrict this thread, and all that it starts, to the system's files and some folders: those
    ``changed`` and those only ``read``.

    False where the kernel cannot, or is not Linux.
    """
    if sys.platform != "linux" or sys.maxsize < 1 << 32:
        return False
    libc = ctypes.CDLL(None)
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    if version < 1:
        return False
    handled = (1 << _KNOWN.get(version, _ALL)) - 1
    rules = _Rules(handled, _NETWORK if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        for path in {*map(Path, _SYSTEM), *_program(), *read}:
            _allow(libc, ruleset, path, (_EXECUTE | _READ | _LIST) & handled)
        _allow(libc, ruleset, Path("/dev"), (_READ | _WRITE | _LIST | _DEVICE) & handled)
        for path in changed:
            _allow(
                libc,
                ruleset,
                path,
                handled & (_READ | _LIST | _WRITE | _TRUNCATE | _REMOVE | _MAKE),
            )
        zero = ctypes.c_ulong(0)
        if libc.prctl(_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
            return False
        return bool(libc.syscall(_RESTRICT, ruleset, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(ruleset)


def _program() -> set[Path]:
    """Where this program and its libraries lie."""
    named = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    package = Path(edgeroute.__file__).resolve().parent
    # The first entry is where the program was started, which may be anywhere.
    libraries = (each for each in sys.path[1:] if "-packages" in each)
    return {
        package,
        datafile.packaged("rules"),
        datafile.packaged("models"),
        *(Path(each) for each in (sys.prefix, sys.base_prefix, *libraries, *named) if each),
    }


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= _OF_FILES
        rule = ctypes.byref(_Beneath(rights, parent))
        libc.syscall(_ADD, ruleset, _PATH_BENEATH, rule, ctypes.c_uint32(0))
    finally:
        os.close(parent)
