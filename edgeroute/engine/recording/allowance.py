"""How much processor time learning may take, so that answers are not slower for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

SHARE: Final = 0.1  # of one core
SAVED: Final = 0.5  # seconds: the first answers of a busy hour are learned from in full


class Allowance:
    """Seconds that may be spent: they come back in a ``share`` of the time that passes, and at most
    ``saved`` of them are kept. For one thread.
    """

    def __init__(
        self,
        share: float = SHARE,
        saved: float = SAVED,
        clock: Callable[[], float] = time.monotonic,
        spent: Callable[[], float] = time.thread_time,
    ) -> None:
        self._share = share
        self._saved = saved
        self._clock = clock
        self._spent = spent
        self._left = saved
        self._then = clock()

    @property
    def left(self) -> float:
        """The seconds that may be spent now; what was overdrawn counts below nought."""
        now = self._clock()
        self._left = min(self._saved, self._left + (now - self._then) * self._share)
        self._then = now
        return self._left

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Take what the block spends."""
        begun = self._spent()
        try:
            yield
        finally:
            self._left -= self._spent() - begun
