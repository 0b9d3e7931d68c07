"""The circuit breaker of one provider. Pure: seconds are arguments and only ever grow.

::

    closed --(failures within a time)--> open --(time is up)--> half open: one probe
      ^                                   ^                       |
      |                                   +------(it fails)-------+
      +-----------------------------------------(it does not)-----+
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from edgeroute.providers.resilience.resilience import BreakerNumbers

State = Literal["closed", "open", "half_open"]


class Breaker:
    """Counts outages of one provider and says whether it may be tried."""

    def __init__(self, numbers: BreakerNumbers) -> None:
        self._numbers = numbers
        self._failures: list[float] = []
        self._opened: float | None = None
        self._probe: float | None = None

    def state(self, now: float) -> State:
        """The state at ``now``."""
        if self._opened is None:
            return "closed"
        return "half_open" if now >= self._opened + self._numbers.open else "open"

    def admits(self, now: float) -> bool:
        """Whether a request may go now; half open, only while no probe is under way."""
        state = self.state(now)
        if state == "half_open":
            return self._probe is None or now >= self._probe + self._numbers.probe
        return state == "closed"

    def wait(self, now: float) -> float:
        """Seconds until a request may go; 0 if now."""
        if self._opened is None or self.admits(now):
            return 0.0
        ready = self._opened + self._numbers.open
        if self._probe is not None:
            ready = max(ready, self._probe + self._numbers.probe)
        return max(ready - now, 0.0)

    def started(self, now: float) -> None:
        """A request goes; half open, it is the probe."""
        if self.state(now) == "half_open":
            self._probe = now

    def succeeded(self, now: float) -> None:
        """The provider answered, if only to refuse: a probe closes the circuit."""
        if self.state(now) == "half_open":
            self._failures, self._opened, self._probe = [], None, None

    def failed(self, now: float) -> None:
        """An outage."""
        state = self.state(now)
        if state == "open":
            return
        earliest = now - self._numbers.within
        self._failures = [moment for moment in self._failures if moment > earliest] + [now]
        if state == "half_open" or len(self._failures) >= self._numbers.failures:
            self._failures, self._opened, self._probe = [], now, None

    def released(self) -> None:
        """The request ended without telling anything of the provider."""
        self._probe = None

    def dump(self, now: float) -> dict[str, Any]:
        """What must survive a restart: ages in seconds."""
        return {
            "failures": [now - moment for moment in self._failures],
            "opened": None if self._opened is None else now - self._opened,
        }

    @classmethod
    def load(cls, numbers: BreakerNumbers, state: Mapping[str, Any], now: float) -> Breaker:
        """The breaker that ``dump`` described; ages that cannot be are left out."""
        breaker = cls(numbers)
        ages = state.get("failures")
        if isinstance(ages, Sequence) and not isinstance(ages, str):
            usable = [age for age in ages if _is_age(age) and age < numbers.within]
            breaker._failures = sorted(now - age for age in usable)[-numbers.failures + 1 :]
        opened = state.get("opened")
        if opened is not None and _is_age(opened):
            breaker._opened = now - opened
        return breaker


def _is_age(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
