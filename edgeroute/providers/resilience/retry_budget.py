"""How many second tries of the same model there may be, as a share of all traffic."""

from __future__ import annotations

from collections import deque

from edgeroute.providers.resilience.resilience import RetryNumbers


class RetryBudget:
    """Counts first and second tries of this process. Pure: seconds are arguments.

    Where much fails at once, second tries would double the load of who is failing already.
    """

    def __init__(self, numbers: RetryNumbers) -> None:
        self._numbers = numbers
        self._first: deque[float] = deque()
        self._second: deque[float] = deque()

    def tried(self, now: float, *, again: bool) -> None:
        """A try goes out; ``again`` marks a second one of the same model."""
        (self._second if again else self._first).append(now)
        self._forget(now)

    def allows(self, now: float) -> bool:
        """Whether one more second try is within the share."""
        self._forget(now)
        share = self._numbers.share * len(self._first)
        return len(self._second) < max(share, self._numbers.least)

    def _forget(self, now: float) -> None:
        for tries in (self._first, self._second):
            while tries and tries[0] <= now - self._numbers.counted:
                tries.popleft()
