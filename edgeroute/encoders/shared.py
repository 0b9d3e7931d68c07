"""Models that all who ask for the same folder share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Models by their folders. ``load`` is called once for each; who asks meanwhile waits."""

    def __init__(self, load: Callable[[Path], T]) -> None:
        self._load = load
        self._loaded: dict[Path, T] = {}
        self._lock = Lock()

    def of(self, folder: Path) -> T:
        """The model in ``folder``.

        Raises:
            EncoderMissing: it is absent or damaged.
        """
        with self._lock:
            if folder not in self._loaded:
                self._loaded[folder] = self._load(folder)
            return self._loaded[folder]
