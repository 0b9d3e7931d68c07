"""How many threads compute fastest, found by trying: other programs come and go.

Threads of llama.cpp wait for each other at every step, so one that shares its core with another
program slows all of them down, and one that is missing leaves a core idle. Neither can be told from
outside as well as by the time that a token takes.
"""

from __future__ import annotations

from typing import Final

_STRETCH: Final = 6  # tokens between two decisions
# The others are tried again after so many stretches, less often where they were far behind.
_SOON: Final = 10
_LATE: Final = 60
_FAR: Final = 1.25
_WEIGHT: Final = 0.5


class Pace:
    """Decides after every few tokens; ``cores`` is the most that are of use."""

    def __init__(self, cores: int) -> None:
        half, most = max(1, cores // 2), max(1, cores)
        self._choices = sorted({most, max(half, most - 1), half}, reverse=True)
        self._seconds: dict[int, float] = {}  # of one token, by threads
        # Few threads are slow by a known measure, many on a busy machine without one.
        self._best = self.threads = self._choices[-1]
        self._tokens, self._spent, self._stretches = 0, 0.0, 0

    def took(self, seconds: float) -> bool:
        """One token took so long; whether ``threads`` is another number now."""
        self._tokens += 1
        self._spent += seconds
        if self._tokens < _STRETCH and not self._in_vain:
            return False
        before, now = self._seconds.get(self.threads), self._spent / self._tokens
        self._seconds[self.threads] = now if before is None else before + (now - before) * _WEIGHT
        self._tokens, self._spent = 0, 0.0
        self._stretches += 1
        used = self.threads
        self.threads = self._next()
        return self.threads != used

    @property
    def _in_vain(self) -> bool:
        """Whether what is tried has taken longer by now than the best would have for all of it."""
        best = self._seconds.get(self._best)
        if best is None or self.threads == self._best:
            return False
        return self._spent > best * _STRETCH * _FAR

    def _next(self) -> int:
        untried = [one for one in self._choices if one not in self._seconds]
        if untried:
            return untried[0]
        self._best = min(self._choices, key=self._seconds.__getitem__)
        others = sorted((one for one in self._choices if one != self._best),
                        key=self._seconds.__getitem__)  # fmt: skip
        if not others or self.threads != self._best:
            return self._best
        far = self._seconds[others[0]] > self._seconds[self._best] * _FAR
        if self._stretches % (_LATE if far else _SOON):
            return self._best
        return others[self._stretches // (_LATE if far else _SOON) % len(others)]
