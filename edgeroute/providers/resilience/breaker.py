"""A circuit breaker: counts the outages of a model or a provider and says whether it may be asked.

Pure: ``now`` is in seconds on a clock that only grows. Blocked for ``open`` seconds, it lets one
request try then, or earlier where a check without content was answered; that request's success ends
the block, its failure begins it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from edgeroute.providers.resilience.resilience import BreakerNumbers

State = Literal["closed", "open", "half_open"]
_MOST_CHECKS: Final = 20
# Moments of two processes that differ by less are the same: seconds.
_SAME: Final = 0.01


class _Failure(NamedTuple):
    """An outage. ``model`` is empty where no connection came about, ``tag`` is its own."""

    at: float
    model: str
    tag: str


class Breaker:
    """The breaker of a model or, where the failures of one model are ``several`` too few, of its
    provider: that is blocked by failures of several models, or of the connection.
    """

    def __init__(self, numbers: BreakerNumbers, *, several: bool = False) -> None:
        self._numbers = numbers
        self._several = several
        self._failures: list[_Failure] = []
        self._opened: float | None = None
        self._since = float("-inf")  # when it was opened or closed last
        self._trial: float | None = None
        self._vouched = False
        self._checks = 0
        self._checked: float | None = None

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to tell of it."""
        return self._opened is None and not self._failures

    def state(self, now: float) -> State:
        """The state at ``now``."""
        if self._opened is None:
            return "closed"
        ended = self._vouched or now >= self._opened + self._numbers.open
        return "half_open" if ended else "open"

    def admits(self, now: float) -> bool:
        """Whether a request may go now; half open, only while no other one tries."""
        state = self.state(now)
        if state == "half_open":
            return self._trial is None or now >= self._trial + self._numbers.probe
        return state == "closed"

    def wait(self, now: float) -> float:
        """Seconds until a request may go; 0 if now."""
        if self._opened is None or self.admits(now):
            return 0.0
        ready = now if self._vouched else self._opened + self._numbers.open
        if self._trial is not None:
            ready = max(ready, self._trial + self._numbers.probe)
        return max(ready - now, 0.0)

    def started(self, now: float) -> None:
        """A request goes; half open, it is the one that tries."""
        if self.state(now) == "half_open":
            self._trial = now

    def succeeded(self, now: float) -> None:
        """There was an answer, if only a refusal: half open, that ends the block."""
        if self.state(now) == "half_open":
            self._failures, self._opened, self._trial = [], None, None
            self._vouched, self._checks, self._since = False, 0, now
        elif self._several:  # it serves: what failed were single models
            self._failures = [one for one in self._failures if not one.model]

    def failed(self, now: float, model: str = "", tag: str = "") -> None:
        """An outage of ``model``, or of the connection."""
        state = self.state(now)
        if state == "open":
            return
        earliest = now - self._numbers.within
        self._failures = [one for one in self._failures if one.at > earliest]
        self._failures.append(_Failure(now, model, tag))
        if state == "half_open" or self._enough():
            self._open(now)

    def released(self) -> None:
        """The request ended without telling anything."""
        self._trial = None

    def check_due(self, now: float) -> bool:
        """Whether a check without content is due, to see if the block may end earlier."""
        if self._opened is None or self.state(now) != "open":
            return False
        numbers = self._numbers
        pause = min(numbers.check_after * numbers.check_growth**self._checks, numbers.check_longest)
        return now >= max(self._opened, self._checked or self._opened) + pause

    def checking(self, now: float) -> None:
        """A check goes out; the next one is due after a longer pause."""
        self._checked = now
        self._checks = min(self._checks + 1, _MOST_CHECKS)

    def vouch(self, now: float) -> None:
        """A check was answered: one request may try."""
        if self.state(now) == "open":
            self._vouched, self._trial = True, None

    def _enough(self) -> bool:
        """Whether the failures block: so many of them, and of more than one model if need be."""
        models = {one.model for one in self._failures}
        telling = not self._several or "" in models or len(models) > 1
        return telling and len(self._failures) >= self._numbers.failures

    def _open(self, now: float) -> None:
        self._failures, self._opened, self._since = [], now, now
        self._trial, self._vouched = None, False

    # Between processes and restarts: ages in seconds, so that clocks need not agree.

    def dump(self, now: float) -> dict[str, Any]:
        """What must survive a restart, and what other processes must know."""
        return {
            "failures": [[now - one.at, one.model, one.tag] for one in self._failures],
            "opened": _age(self._opened, now),
            "since": None if self._since == float("-inf") else now - self._since,
            "trial": _age(self._trial, now),
            "vouched": self._vouched,
            "checks": self._checks,
            "checked": _age(self._checked, now),
        }

    @classmethod
    def load(
        cls, numbers: BreakerNumbers, state: Mapping[str, Any], now: float, *, several: bool = False
    ) -> Breaker:
        """The breaker that ``dump`` described; ages that cannot be are left out."""
        breaker = cls(numbers, several=several)
        found = state.get("failures")
        if isinstance(found, Sequence) and not isinstance(found, str):
            breaker._failures = sorted(
                one for one in (_failure(each, now) for each in found)
                if one is not None and one.at > now - numbers.within
            )  # fmt: skip
        breaker._opened = _moment(state.get("opened"), now)
        since = _moment(state.get("since"), now)
        breaker._since = float("-inf") if since is None else since
        breaker._trial = _moment(state.get("trial"), now)
        breaker._checked = _moment(state.get("checked"), now)
        breaker._vouched = state.get("vouched") is True
        checks = state.get("checks")
        if isinstance(checks, int) and not isinstance(checks, bool):
            breaker._checks = min(max(checks, 0), _MOST_CHECKS)
        return breaker

    def merge(self, other: Breaker, now: float) -> None:
        """Take in what another process knows: the later change holds, and all failures after it."""
        if other._since > self._since + _SAME:
            self._opened, self._since, self._trial = other._opened, other._since, other._trial
            self._vouched, self._checks = other._vouched, other._checks
            self._checked = other._checked
        elif other._since >= self._since - _SAME:
            self._vouched = self._vouched or other._vouched
            self._checks = max(self._checks, other._checks)
            self._trial = max(self._trial, other._trial, key=_or_never)
            self._checked = max(self._checked, other._checked, key=_or_never)
        known = {one.tag for one in self._failures if one.tag}
        fresh = [one for one in other._failures if one.tag not in known]
        earliest = max(self._since, now - self._numbers.within)
        self._failures = sorted(one for one in (*self._failures, *fresh) if one.at > earliest)
        if self._opened is None and self._enough():
            self._open(self._failures[-1].at)


def _or_never(moment: float | None) -> float:
    return float("-inf") if moment is None else moment


def _age(moment: float | None, now: float) -> float | None:
    return None if moment is None else now - moment


def _failure(value: Any, now: float) -> _Failure | None:
    age, *names = value if isinstance(value, list) and value else [value]
    at = _moment(age, now)
    model, tag = (*(one for one in names if isinstance(one, str)), "", "")[:2]
    return None if at is None else _Failure(at, model, tag)


def _moment(age: Any, now: float) -> float | None:
    known = isinstance(age, int | float) and not isinstance(age, bool) and age >= 0
    return now - age if known else None
