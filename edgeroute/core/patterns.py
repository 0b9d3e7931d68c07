"""Patterns that are compiled once for all programs of a user.

Python compiles a pattern by Python code: those of many words take a fifth of a second at every
start. What comes of it is a list of numbers, which is kept and given to the matcher again. It is
found by the pattern's own source, so that a changed one is compiled anew; the matcher checks what
it is given.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import re
import stat
import sys
from array import array
from pathlib import Path
from threading import Lock
from typing import Any, Final

from edgeroute.core.private_file import write_private

_FORM: Final = 1  # to be raised when what is kept changes
_DIGEST_BYTES: Final = 16
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_NUMBERS: Final = "I"
# What a pattern is made of: its flags, its numbers, its groups and their names.
_Parts = tuple[int, bytes, int, dict[str, int]]


class _Kept:
    """The patterns that were found compiled, and those that are new. Thread-safe."""

    def __init__(self) -> None:
        self._file: Path | None = None
        self._found: dict[bytes, _Parts] = {}
        self._used: dict[bytes, _Parts] = {}
        self._new: dict[bytes, re.Pattern[str]] = {}
        self._lock = Lock()

    def read(self, folder: Path) -> None:
        """Take what is kept in ``folder``."""
        with self._lock:
            if self._file is None:
                self._file = folder / f"patterns-{sys.implementation.cache_tag}.bin"
                self._found = _read(self._file)

    def pattern(self, source: str, flags: int) -> re.Pattern[str]:
        """``source`` compiled."""
        key = _digest(f"{flags:d} {source}".encode("utf-8", "surrogatepass"))
        parts = self._found.get(key)
        if parts is not None:
            with contextlib.suppress(Exception):  # whatever it is, the source is compiled
                made = _built(source, parts)
                self._used[key] = parts
                return made
        made = self._new[key] = re.compile(source, flags)
        return made

    def write(self) -> None:
        """Keep what was used, where that is more than what was found."""
        with self._lock:
            if self._file is None or not self._new:
                return
            new, self._new = self._new, {}
            held = self._found if len(self._found) < _MOST else self._used
            with contextlib.suppress(Exception):  # whatever it is, patterns are compiled again
                held = held | {key: _parts(made) for key, made in new.items()}
                body = marshal.dumps((_this(), list(held.items())))
                write_private(self._file, _digest(body) + body)


_MOST: Final = 1_000  # patterns; so many are those of other versions, too
_KEPT: Final = _Kept()


def compiled(source: str, flags: int = 0) -> re.Pattern[str]:
    """``source`` compiled; to be used for patterns of many words that are shipped with us."""
    return _KEPT.pattern(source, int(flags))


def keep_in(folder: Path) -> None:
    """Take patterns from ``folder``, and let ``keep`` put new ones there."""
    _KEPT.read(folder)


def keep() -> None:
    """Keep what was compiled in this process, if anything was."""
    _KEPT.write()


def _this() -> tuple[Any, ...]:
    """What the numbers depend on."""
    import _sre  # type: ignore[import-not-found]  # noqa: PLC0415 - not every Python has it

    return _FORM, sys.version, _sre.MAGIC, _sre.CODESIZE, sys.byteorder, array(_NUMBERS).itemsize


def _read(file: Path) -> dict[bytes, _Parts]:
    """The patterns in ``file``; none where it is not there, damaged, or somebody else's."""
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            if status.st_uid != os.geteuid() or status.st_mode & _WRITABLE_BY_OTHERS:
                return {}
            data = opened.read()
        digest, body = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if digest != _digest(body):
            return {}
        made_by, patterns = marshal.loads(body)  # noqa: S302 - our own file, found right
        return dict(patterns) if made_by == _this() else {}
    except Exception:  # noqa: BLE001 - whatever it is, patterns are compiled
        return {}


def _parts(made: re.Pattern[str]) -> _Parts:
    """What ``made`` is made of: compiled once more, as Python does not give it away."""
    from re import _compiler, _parser  # type: ignore[attr-defined]  # noqa: PLC0415

    tree = _parser.parse(made.pattern, made.flags)
    numbers = array(_NUMBERS, _compiler._code(tree, made.flags))  # noqa: SLF001
    return made.flags, numbers.tobytes(), made.groups, dict(made.groupindex)


def _built(source: str, parts: _Parts) -> re.Pattern[str]:
    import _sre  # noqa: PLC0415 - not every Python has it

    flags, data, groups, names = parts
    numbers = array(_NUMBERS)
    numbers.frombytes(data)
    by_number: list[str | None] = [None] * (groups + 1)
    for name, number in names.items():
        by_number[number] = name
    made: re.Pattern[str] = _sre.compile(
        source, flags, numbers.tolist(), groups, names, tuple(by_number)
    )
    return made


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()
