"""Which models may be tried now: circuit breakers, rate limits, accounts that cannot be used.

Pure: ``now`` is in seconds on a clock that only grows. Between processes and restarts the state of
each target (a model or a provider) travels through ``dump`` and ``load`` with the time of day, so
that nothing is forgotten and a clock that was set differently blocks nobody for longer than the
rules say. What two processes know is joined, whoever writes last.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final, TypeGuard

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.providers.resilience.breaker import Breaker, State
from edgeroute.providers.resilience.rate_limits import RateLimits
from edgeroute.providers.resilience.resilience import Resilience
from edgeroute.providers.resilience.retry_budget import RetryBudget

_ACCOUNT: Final = {
    ErrorKind.BILLING: "its account has no credit",
    ErrorKind.AUTH: "it does not accept the key",
    ErrorKind.NO_KEY: "there is no key for it",
    ErrorKind.UNKNOWN_MODEL: "it does not offer this model",
}
# A key may be another one in the next process: what is said of it stays in this one.
_SHARED: Final = (ErrorKind.BILLING, ErrorKind.UNKNOWN_MODEL)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why a model is passed over without being asked, and for how many more seconds."""

    kind: ErrorKind
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """How a provider or a model is: the circuit, and what else keeps it from being asked.

    ``limited`` is for how many seconds its rate limit is used up.
    """

    target: str
    circuit: State
    seconds: float = 0.0
    trouble: str = ""
    limited: float = 0.0

    @property
    def provider(self) -> str:
        """The provider, also where the target is one of its models."""
        return self.target.partition("/")[0]

    @property
    def sentence(self) -> str:
        """Why it is not asked at all; empty where it may be."""
        if self.trouble:
            return f"{self.target} is not asked: {self.trouble}."
        if self.circuit == "open":
            return f"{self.target} failed several times and rests for {self.seconds:.0f} s more."
        return ""


class Health:
    """The state of all providers. ``rate_limits`` also goes to the client, ``retries`` counts
    second tries of this process. Any thread may use it.
    """

    def __init__(self, numbers: Resilience | None = None) -> None:
        self._numbers = numbers or Resilience()
        self._breakers: dict[str, Breaker] = {}
        self._accounts: dict[str, tuple[ErrorKind, float]] = {}
        self._forgiven: dict[str, float] = {}
        self._changed: set[str] = set()
        self._told: dict[str, float] = {}
        self._news = False
        self._name = token_hex(4)
        self._failures = 0
        self._lock = threading.RLock()
        self.rate_limits = RateLimits(self._numbers.rate_limit)
        self.retries = RetryBudget(self._numbers.retry)

    def refusal(self, card: ModelCard, tokens: int, now: float) -> Unavailable | None:
        """Why ``card`` should not be asked at ``now`` with ``tokens``; None if it may."""
        if card.place is Place.LOCAL:
            return None
        with self._lock:
            for name in (card.provider, card.id):
                kind, until = self._accounts.get(name, (ErrorKind.NO_KEY, now))
                if now < until:
                    return Unavailable(kind, _ACCOUNT[kind], until - now)
            for breaker in self._both(card):
                if not breaker.admits(now):
                    wait = breaker.wait(now)
                    reason = f"its circuit is open for {wait:.0f} s more"
                    return Unavailable(ErrorKind.OUTAGE, reason, wait)
            wait = self.rate_limits.wait(card.id, tokens, now)
        if wait > 0:
            return Unavailable(
                ErrorKind.RATE_LIMIT, f"its rate limit is used up for {wait:.0f} s more", wait
            )
        return None

    def started(self, card: ModelCard, tokens: int, now: float) -> None:
        """A request to ``card`` goes out."""
        if card.place is Place.CLOUD:
            with self._noting(card):
                for breaker in self._both(card):
                    self._news = self._news or breaker.state(now) == "half_open"
                    breaker.started(now)
                self.rate_limits.spend(card.id, tokens)

    def answered(self, card: ModelCard, now: float) -> None:
        """``card`` answered to the end."""
        if card.place is Place.CLOUD:
            with self._noting(card):
                for breaker in self._both(card):
                    breaker.succeeded(now)
                self.rate_limits.answered(card.id, now)

    def failed(self, card: ModelCard, error: ProviderError, now: float) -> None:
        """``card`` failed; only an outage counts against a circuit."""
        account = self._numbers.account
        with self._noting(card):
            self._news = True
            match error.kind:
                case ErrorKind.OUTAGE:
                    self._outage(card, error, now)
                    return
                case ErrorKind.CANCELLED | ErrorKind.NO_KEY:
                    self.released(card)
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
            for breaker in self._both(card):
                breaker.succeeded(now)

    def _outage(self, card: ModelCard, error: ProviderError, now: float) -> None:
        """Count it against the provider where no connection came about, else against the model as
        well.
        """
        self._failures += 1
        tag = f"{self._name}-{self._failures}"
        if error.unreached:
            self._breaker(card.id).released()
            self._breaker(card.provider).failed(now, tag=tag)
            return
        for breaker in self._both(card):
            breaker.failed(now, card.id, tag)

    def released(self, card: ModelCard) -> None:
        """The request to ``card`` ended without telling anything of the provider."""
        if card.place is Place.CLOUD:
            with self._noting(card):
                for breaker in self._both(card):
                    breaker.released()

    def key_changed(self, provider: str, now: float = 0.0) -> None:
        """The provider has another key now: what was said of the account is forgotten."""
        with self._lock:
            self._accounts.pop(provider, None)
            self._forgiven[provider] = now
            self._changed.add(provider)

    def checks_due(self, cards: Iterable[ModelCard], now: float) -> list[str]:
        """The providers of ``cards`` that are to be checked at ``now`` without any content, to see
        if a block may end. Each is given once; the next check is due later.
        """
        found: dict[str, None] = {}
        with self._lock:
            for card in cards:
                due = [name for name in (card.provider, card.id) if self._is_due(name, now)]
                for name in due:
                    self._breakers[name].checking(now)
                    self._changed.add(name)
                    found[card.provider] = None
        return list(found)

    def check_answered(self, provider: str, now: float) -> None:
        """A check of ``provider`` was answered: one request may try, for each of its blocks."""
        with self._lock:
            for name, breaker in self._breakers.items():
                if name.partition("/")[0] == provider:
                    breaker.vouch(now)
                    self._changed.add(name)

    def report(self, now: float) -> list[TargetHealth]:
        """Every provider and model of which there is something to tell, by name."""
        with self._lock:
            eventful = {name for name, breaker in self._breakers.items() if not breaker.quiet}
            names = {*self._accounts, *eventful, *self.rate_limits.models}
            return [self._line(name, now) for name in sorted(names)]

    def _line(self, name: str, now: float) -> TargetHealth:
        breaker = self._breaker(name)
        kind, until = self._accounts.get(name, (ErrorKind.NO_KEY, now))
        trouble = _ACCOUNT[kind] if now < until else ""
        limited = self.rate_limits.wait(name, 0, now)
        return TargetHealth(name, breaker.state(now), breaker.wait(now), trouble, limited)

    def has_news(self) -> bool:
        """Whether something has happened, since this was asked last, that others should know at
        once: a failure, or a request that tries whether a block may end.
        """
        with self._lock:
            news, self._news = self._news, False
        return news

    def changes(self) -> list[str]:
        """The targets of which something has been learned since this was asked last."""
        with self._lock:
            changed, self._changed = self._changed, set()
            for model in self.rate_limits.models:
                learned = self.rate_limits.changed(model)
                if learned > self._told.get(model, float("-inf")):
                    self._told[model] = learned
                    changed.add(model)
        return sorted(changed)

    def dump(self, now: float, wall: float) -> dict[str, Any]:
        """What must survive a restart, as JSON by target; ``wall`` is seconds since 1970."""
        with self._lock:
            names = {*self._accounts, *self._breakers, *self.rate_limits.models}
        return {name: self.dump_one(name, now, wall) for name in sorted(names)}

    def dump_one(self, name: str, now: float, wall: float) -> dict[str, Any]:
        """What must survive a restart of one target."""
        with self._lock:
            kind, until = self._accounts.get(name, (None, now))
            told = kind in _SHARED and until > now
            return {
                "wall": wall,
                "breaker": self._breaker(name).dump(now),
                "account": [str(kind), until - now] if told else None,
                "forgiven": now - self._forgiven[name] if name in self._forgiven else None,
                "limit": self.rate_limits.dump(name, now),
            }

    def load(self, state: Mapping[str, Any], now: float, wall: float) -> None:
        """Join in what another process, or this one before, has learned of each target."""
        with self._lock:
            for name, saved in state.items():
                if isinstance(saved, Mapping):
                    self._join(name, saved, now, wall)

    def _join(self, name: str, saved: Mapping[str, Any], now: float, wall: float) -> None:
        then = saved.get("wall")
        passed = max(wall - then, 0.0) if _is_number(then) else 0.0
        breaker, limit = saved.get("breaker"), saved.get("limit")
        if isinstance(breaker, Mapping):
            several = "/" not in name
            numbers = self._numbers.breaker
            other = Breaker.load(numbers, breaker, now - passed, several=several)
            self._breaker(name).merge(other, now)
        if isinstance(limit, Mapping):
            self.rate_limits.load(name, limit, passed, now)
        self._join_account(name, saved, passed, now)

    def _join_account(self, name: str, saved: Mapping[str, Any], passed: float, now: float) -> None:
        """A block of an account holds until its time is over or another key was set after it."""
        forgiven = saved.get("forgiven")
        if _is_number(forgiven) and name in self._accounts:
            at = now - passed - forgiven
            if at > self._forgiven.get(name, float("-inf")):
                self._forgiven[name] = at
                del self._accounts[name]
        match saved.get("account"):
            case [str(word), left] if _is_number(left):
                kind = next((kind for kind in _SHARED if kind == word), None)
                most = self._numbers.account
                longest = most.no_credit if kind is ErrorKind.BILLING else most.unknown_model
                left = min(left, longest) - passed
                if kind is not None and left > 0 and name not in self._accounts:
                    self._accounts[name] = (kind, now + left)
            case _:
                pass

    def _is_due(self, name: str, now: float) -> bool:
        breaker = self._breakers.get(name)
        return breaker is not None and breaker.check_due(now)

    @contextmanager
    def _noting(self, card: ModelCard) -> Iterator[None]:
        """Note what has changed meanwhile; where all is well, nothing has."""
        names = (card.provider, card.id)
        with self._lock:
            eventful = {name for name in names if not self._breaker(name).quiet}
            yield
            self._changed |= eventful
            self._changed |= {name for name in names if not self._breaker(name).quiet}
            self._changed |= self._accounts.keys() & names

    def _both(self, card: ModelCard) -> tuple[Breaker, Breaker]:
        return self._breaker(card.provider), self._breaker(card.id)

    def _breaker(self, name: str) -> Breaker:
        if name not in self._breakers:
            self._breakers[name] = Breaker(self._numbers.breaker, several="/" not in name)
        return self._breakers[name]


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
