"""Rows of a large table in a file, each read when it is asked for; the last ones are kept.

A map of the file would keep all that was ever read, and what lies beside it, in the process.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

_KEPT_BYTES: Final = 1 << 20  # of rows: common words come again and again


class Rows:
    """The rows of ``size`` bytes that begin at ``first`` of the file at ``path``. Thread-safe."""

    def __init__(self, path: Path, first: int, size: int) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, descriptor)

        # Reading lets other threads of Python go first, a hundred times for one prompt.
        @lru_cache(_KEPT_BYTES // size)
        def row(number: int) -> bytes:
            data = os.pread(descriptor, size, first + size * number)
            if len(data) != size:
                raise ValueError(number)
            return data

        self._row = row

    def read(self, numbers: Sequence[int]) -> bytes:
        """The rows with ``numbers``, one after the other.

        Raises:
            ValueError: there is no such row.
        """
        return b"".join(map(self._row, numbers))
