"""Which models may be tried now: circuit breakers, rate limits, accounts that cannot be used.

Pure: ``now`` is in seconds on a clock that only grows. Between processes the state travels through
``dump`` and ``load`` with the time of day, so that a restart forgets nothing and a clock that was
set differently blocks nobody for longer than the rules say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.providers.resilience.rate_limits import RateLimits
from edgeroute.providers.resilience.resilience import BreakerNumbers, Resilience

_ACCOUNT: Final = {
    ErrorKind.BILLING: "its account has no credit",
    ErrorKind.AUTH: "it does not accept the key",
    ErrorKind.NO_KEY: "there is no key for it",
    ErrorKind.UNKNOWN_MODEL: "it does not offer this model",
}
State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why a model is passed over without being asked, and for how many more seconds."""

    kind: ErrorKind
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """One provider's line in `doctor`: the circuit, and what else keeps it from being asked."""

    provider: str
    circuit: State
    seconds: float = 0.0
    trouble: str = ""


class Health:
    """The state of all providers of a process. ``rate_limits`` also goes to the client."""

    def __init__(self, numbers: Resilience | None = None) -> None:
        self._numbers = numbers or Resilience()
        self._breakers: dict[str, Breaker] = {}
        self._accounts: dict[str, tuple[ErrorKind, float]] = {}
        self.rate_limits = RateLimits(self._numbers.rate_limit)

    def refusal(self, card: ModelCard, tokens: int, now: float) -> Unavailable | None:
        """Why ``card`` should not be asked at ``now`` with ``tokens``; None if it may."""
        if card.place is Place.LOCAL:
            return None
        for name in (card.provider, card.id):
            kind, until = self._accounts.get(name, (ErrorKind.NO_KEY, now))
            if now < until:
                return Unavailable(kind, _ACCOUNT[kind], until - now)
        breaker = self._breakers.get(card.provider)
        if breaker is not None and not breaker.admits(now):
            wait = breaker.wait(now)
            return Unavailable(ErrorKind.OUTAGE, f"its circuit is open for {wait:.0f} s more", wait)
        wait = self.rate_limits.wait(card.id, tokens, now)
        if wait > 0:
            return Unavailable(
                ErrorKind.RATE_LIMIT, f"its rate limit is used up for {wait:.0f} s more", wait
            )
        return None

    def started(self, card: ModelCard, tokens: int, now: float) -> None:
        """A request to ``card`` goes out."""
        if card.place is Place.CLOUD:
            self._breaker(card.provider).started(now)
            self.rate_limits.spend(card.id, tokens)

    def answered(self, card: ModelCard, now: float) -> None:
        """``card`` answered to the end."""
        if card.place is Place.CLOUD:
            self._breaker(card.provider).succeeded(now)
            self.rate_limits.answered(card.id)

    def failed(self, card: ModelCard, error: ProviderError, now: float) -> None:
        """``card`` failed; only an outage counts against the circuit."""
        breaker = self._breaker(card.provider)
        account = self._numbers.account
        match error.kind:
            case ErrorKind.OUTAGE:
                breaker.failed(now)
                return
            case ErrorKind.CANCELLED | ErrorKind.NO_KEY:
                breaker.released()
                return
            case ErrorKind.RATE_LIMIT:
                self.rate_limits.refused(card.id, error.retry_after, now)
            case ErrorKind.BILLING:
                self._accounts[card.provider] = (error.kind, now + account.no_credit)
            case ErrorKind.AUTH:
                self._accounts[card.provider] = (error.kind, now + account.bad_key)
            case ErrorKind.UNKNOWN_MODEL:
                self._accounts[card.id] = (error.kind, now + account.unknown_model)
            case _:
                pass
        breaker.succeeded(now)

    def released(self, card: ModelCard) -> None:
        """The request to ``card`` ended without telling anything of the provider."""
        if card.place is Place.CLOUD:
            self._breaker(card.provider).released()

    def key_changed(self, provider: str) -> None:
        """The provider has another key now: what was said of the account is forgotten."""
        self._accounts.pop(provider, None)

    def report(self, now: float) -> list[ProviderHealth]:
        """Every provider that something is known of, by id."""
        names = {name for name in self._accounts if "/" not in name} | set(self._breakers)
        lines = []
        for name in sorted(names):
            breaker = self._breaker(name)
            kind, until = self._accounts.get(name, (ErrorKind.NO_KEY, now))
            trouble = _ACCOUNT[kind] if now < until else ""
            lines.append(ProviderHealth(name, breaker.state(now), breaker.wait(now), trouble))
        return lines

    def dump(self, now: float, wall: float) -> dict[str, Any]:
        """What must survive a restart, as JSON; ``wall`` is seconds since 1970."""
        return {
            "wall": wall,
            "breakers": {name: breaker.dump(now) for name, breaker in self._breakers.items()},
            "accounts": {
                name: [str(kind), until - now]
                for name, (kind, until) in self._accounts.items()
                if until > now and kind is ErrorKind.BILLING
            },
        }

    def load(self, state: Mapping[str, Any], now: float, wall: float) -> None:
        """Take in what another process, or this one before, has learned."""
        passed = wall - state["wall"] if isinstance(state.get("wall"), int | float) else 0.0
        passed = max(passed, 0.0)
        for name, saved in _items(state.get("breakers")):
            if isinstance(saved, Mapping):
                earlier = now - passed
                self._breakers[name] = Breaker.load(self._numbers.breaker, saved, earlier)
        for name, saved in _items(state.get("accounts")):
            if isinstance(saved, list) and len(saved) == 2 and isinstance(saved[1], int | float):
                left = min(saved[1], self._numbers.account.no_credit) - passed
                if left > 0 and saved[0] == ErrorKind.BILLING:
                    self._accounts[name] = (ErrorKind.BILLING, now + left)

    def _breaker(self, provider: str) -> Breaker:
        if provider not in self._breakers:
            self._breakers[provider] = Breaker(self._numbers.breaker)
        return self._breakers[provider]


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


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
