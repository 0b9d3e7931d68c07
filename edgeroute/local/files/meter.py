"""Measures how far a step of a download is, and how fast it goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from edgeroute.core.local_models import OnProgress, Progress, Step

_WINDOW_SECONDS: Final = 5.0


class Meter:
    """Reports the bytes of one step of one file, with the speed of the last seconds."""

    def __init__(
        self,
        step: Step,
        file: str,
        total: int,
        report: OnProgress,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._step: Step = step
        self._file = file
        self._total = total
        self._report = report
        self._monotonic = monotonic
        self._marks: list[tuple[float, int]] = []
        self.done = 0

    def add(self, count: int) -> None:
        """``count`` more bytes."""
        self.at(self.done + count)

    def at(self, done: int) -> None:
        """``done`` bytes in all."""
        now = self._monotonic()
        if done < self.done:
            self._marks.clear()
        self.done = done
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[0][0] > _WINDOW_SECONDS:
            del self._marks[0]
        then, before = self._marks[0]
        speed = (done - before) / (now - then) if now > then else 0.0
        self._report(Progress(self._step, self._file, done, self._total, speed))
