"""Work that is begun on another core before its result is needed.

One model runs on one core, so a text's windows are read side by side. Who waits for a result does
not wait idly: it does what no helper has begun. So its own processor time, by which a check's
budget is counted, is a fair part of the whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MOST: Final = 3
_HELPERS: Final = ThreadPoolExecutor(
    max(1, min(_MOST, (os.cpu_count() or 1) - 1)), thread_name_prefix="encoders"
)


class Ahead(Generic[T]):
    """Jobs whose results are asked for in the order in which they were added, by one thread."""

    def __init__(self) -> None:
        self._jobs: list[tuple[Callable[[], T], Future[T]]] = []

    def add(self, job: Callable[[], T]) -> int:
        """Have ``job`` done as soon as a helper is free; the number of its result."""
        self._jobs.append((job, _HELPERS.submit(job)))
        return len(self._jobs) - 1

    def result(self, number: int) -> T:
        """The result of the job ``number``, to be asked for once.

        Raises:
            Exception: what the job raised.
        """
        own, future = self._jobs[number]
        if future.cancel():
            return own()
        for other, (job, begun) in enumerate(self._jobs[number + 1 :], number + 1):
            if future.done():
                break
            if begun.cancel():
                self._jobs[other] = job, _done(job)
        return future.result()

    def finish(self) -> None:
        """Wait for all jobs, and do what is not begun.

        Raises:
            Exception: what a job raised.
        """
        for number in range(len(self._jobs)):
            self.result(number)

    def drop(self) -> None:
        """Begin nothing more."""
        for _, future in self._jobs:
            future.cancel()


def _done(job: Callable[[], T]) -> Future[T]:
    """What came of ``job``, kept for whoever asks for it in its turn."""
    done: Future[T] = Future()
    try:
        done.set_result(job())
    except Exception as error:  # noqa: BLE001 - it is raised when the result is asked for
        done.set_exception(error)
    return done
