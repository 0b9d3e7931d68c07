"""A clock that starts on a given day, so that prices and shutdowns are those of that day."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

THE_DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


class MovableClock:
    """Real seconds from ``start`` on, and whole stretches at once with ``forward``."""

    def __init__(self, start: datetime = THE_DAY) -> None:
        self._start = start
        self._began = time.monotonic()
        self._skipped = 0.0

    def now(self) -> datetime:
        """The moment."""
        return self._start + timedelta(seconds=self.monotonic() - self._began)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic() + self._skipped

    def forward(self, stretch: timedelta) -> None:
        """Let ``stretch`` pass."""
        self._skipped += stretch.total_seconds()


class StandingClock:
    """A clock that stands still but for ``forward``."""

    def __init__(self, start: datetime = THE_DAY) -> None:
        self._moment = start
        self._seconds = 1_000.0

    def now(self) -> datetime:
        """The moment."""
        return self._moment

    def monotonic(self) -> float:
        """Seconds, from a thousand on."""
        return self._seconds

    def forward(self, stretch: timedelta) -> None:
        """Let ``stretch`` pass."""
        self._moment += stretch
        self._seconds += stretch.total_seconds()
