"""Rows of a large table in a file, each read when it is asked for.

A map of the file would keep all that was ever read, and what lies beside it, in the process.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from pathlib import Path


class Rows:
    """The rows of ``size`` bytes that begin at ``first`` of the file at ``path``. Thread-safe."""

    def __init__(self, path: Path, first: int, size: int) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        self._first = first
        self._size = size

    def read(self, numbers: Sequence[int]) -> bytes:
        """The rows with ``numbers``, one after the other.

        Raises:
            ValueError: there is no such row.
        """
        first, size = self._first, self._size
        data = b"".join(os.pread(self._descriptor, size, first + size * one) for one in numbers)
        if len(data) != size * len(numbers):
            raise ValueError(numbers)
        return data
