"""The health of providers as all processes know it together."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from edgeroute.core.clock import Clock
from edgeroute.core.errors import StoreError

if TYPE_CHECKING:
    from edgeroute.providers.resilience.health import Health
    from edgeroute.store.records.targets import Targets

_TRIES: Final = 8
# How far the calendar may drift from the counter before moments are counted anew: seconds.
_DRIFT: Final = 5.0


class SharedHealth:
    """Joins this process's ``health`` with what the others have written, target by target."""

    def __init__(self, health: Health, targets: Targets, clock: Clock) -> None:
        self.health = health
        self._targets = targets
        self._clock = clock
        self._versions: dict[str, int] = {}
        self._offset = 0.0
        self._lock = threading.Lock()

    def take_in(self) -> None:
        """Learn what other processes have learned; nothing where the store cannot be read."""
        if self._targets.kept:
            with suppress(StoreError), self._lock:
                self._take_in()

    def key_changed(self, provider: str) -> None:
        """``provider`` has another key now: no process needs to go on leaving it alone."""
        self.health.key_changed(provider, self._clock.monotonic())
        if self._targets.kept:
            with suppress(StoreError):
                self.exchange()

    def exchange(self) -> None:
        """Tell what this process has learned, and learn what the others have.

        Raises:
            StoreError: it cannot be kept.
        """
        with self._lock:
            self._take_in()
            for name in self.health.changes():
                self._tell(name)

    def _tell(self, name: str) -> None:
        """Write the row of ``name``; where another process was quicker, both are joined first."""
        for _ in range(_TRIES):
            version = self._versions.get(name, 0)
            if self._targets.swap(name, version, self.health.dump_one(name, *self._times())):
                self._versions[name] = version + 1
                return
            self._take_in()

    def _take_in(self) -> None:
        found = self._targets.since(self._versions)
        self.health.load({name: row for name, (_, row) in found.items()}, *self._times())
        self._versions |= {name: version for name, (version, _) in found.items()}

    def _times(self) -> tuple[float, float]:
        """The moment on the counter and by the calendar, whose difference does not jitter."""
        now, wall = self._clock.monotonic(), self._clock.now().timestamp()
        if abs(wall - now - self._offset) > _DRIFT:
            self._offset = wall - now
        return now, now + self._offset
