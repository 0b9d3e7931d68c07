"""Which model is tried next, when, and what becomes of its answer. Pure: events in, actions out.

The engine asks ``start`` for the first action and then reports what happens, one event at a time;
each report gives the next action. A clear case::

    failover = Failover(plan.candidates, cards, health, numbers, tokens=900, rng=Random())
    failover.start(0.0)                      -> Try(anthropic/claude-haiku-4.5, delay=0, ...)
    failover.on(Broke(outage), 0.4)          -> Try(the same, number=2, delay=0.5, ...)
    failover.on(Broke(outage), 1.2)          -> Try(openrouter/..., number=3, delay=0, ...)
    failover.on(FirstWord(), 1.9)            -> Show()      what was held back may be shown
    failover.on(Completed("stop"), 3.0)      -> Accept()

With ``commit="complete"`` the same ``FirstWord`` gives ``Hold()``: nothing is shown before
``Accept``, so that every failure on the way can still be made good. Events of an attempt that
was given up must not be reported any more.

The rules:

- An outage is tried once more on the same model after a short random pause, unless the model was
  silent or cannot be reached; a rate limit likewise after the time that the provider names, if that
  is short. Everything else goes to the next candidate, in an order that depends on the cause; a
  provider that has not been asked comes before another model of one that has just failed.
- A prompt that is too long goes to a larger window only. A content filter and a bad request are not
  routed around; a bad request ends the search only where nothing but it went wrong.
- After the first word was shown nothing else is tried: two models' words are never spliced.
- Tries are counted for providers that have been asked before: none that lives is left out because
  others were tried twice. When time runs out, only this machine is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from edgeroute.core.answer import FinishReason
from edgeroute.core.errors import (
    Cancelled,
    EdgeRouteError,
    ErrorKind,
    LocalModelError,
    PrivacyRefused,
    ProviderError,
)
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Candidate, Skipped
from edgeroute.core.request import Commit
from edgeroute.providers.resilience.health import Health, Unavailable
from edgeroute.providers.resilience.last_word import counted, kind_of, last_word
from edgeroute.providers.resilience.resilience import Patience, Resilience
from edgeroute.providers.resilience.story import why_here, why_next

Cause = Literal["first", "outage", "rate_limit", "last_resort"]

_AFTER_RATE_LIMIT: Final[tuple[Cause, ...]] = ("first", "rate_limit", "outage", "last_resort")
_AFTER_OUTAGE: Final[tuple[Cause, ...]] = ("first", "outage", "rate_limit", "last_resort")
_FINAL: Final = frozenset({ErrorKind.CONTENT_FILTER, ErrorKind.CANCELLED})
_SAME_ACCOUNT_IS_POINTLESS: Final = frozenset({ErrorKind.AUTH, ErrorKind.BILLING, ErrorKind.NO_KEY})


# Events


@dataclass(frozen=True, slots=True)
class FirstWord:
    """The attempt's first visible piece (text or tool call) has come, or so many thoughts that
    they are to be shown.
    """


@dataclass(frozen=True, slots=True)
class Completed:
    """The attempt's answer is whole; ``empty`` if it holds neither text nor a tool call."""

    finish: FinishReason
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Broke:
    """The attempt failed."""

    error: ProviderError | LocalModelError


@dataclass(frozen=True, slots=True)
class KeptHere:
    """The gate let nothing out: from now on only this machine is asked."""

    error: PrivacyRefused


@dataclass(frozen=True, slots=True)
class Stopped:
    """The user stopped it."""


Event = FirstWord | Completed | Broke | KeptHere | Stopped


# Actions


@dataclass(frozen=True, slots=True)
class Try:
    """Start attempt ``number`` (from 1) with ``card`` after ``delay`` seconds.

    The candidate's reason says what has happened so far.
    """

    candidate: Candidate
    card: ModelCard
    number: int
    delay: float
    patience: Patience


@dataclass(frozen=True, slots=True)
class Show:
    """Show what has come of the answer, and the rest as it comes."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep what comes back until ``Accept``."""


@dataclass(frozen=True, slots=True)
class Accept:
    """The attempt's answer is the answer."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """There is no answer. ``partial`` if some of one has been shown."""

    error: EdgeRouteError
    partial: bool = False


Action = Try | Show | Hold | Accept | GiveUp


class Failover:
    """The search for an answer to one prompt.

    ``cards`` holds the card of every candidate by its model id; ``tokens`` estimates the prompt.
    ``before`` are failures of a strategy's models, and ``passed_over`` models that the plan left
    out: both count for what the caller is told.
    ``skipped`` fills with the candidates that were passed over without being asked.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        cards: Mapping[str, ModelCard],
        health: Health,
        numbers: Resilience,
        *,
        tokens: int = 0,
        commit: Commit = "first_token",
        before: Sequence[EdgeRouteError] = (),
        passed_over: Sequence[ModelCard] = (),
        rng: Random,
    ) -> None:
        self.skipped: list[Skipped] = []
        self._left = list(candidates)
        self._cards = cards
        self._health = health
        self._numbers = numbers
        self._tokens = tokens
        self._commit = commit
        self._before = before
        self._passed_over = passed_over
        self._resting: list[Unavailable] = []
        self._rng = rng
        self._began = 0.0
        self._current: Candidate | None = None
        self._tries = 0
        self._tries_of_current = 0
        self._shown = False
        self._smallest_window = 0
        self._asked: set[str] = set()
        self._failing: set[str] = set()
        self._given_up: set[str] = set()
        self._tried_at = 0.0
        self._thought = 0.0
        self._errors: list[tuple[str, EdgeRouteError]] = []
        self._only_here = False

    def start(self, now: float) -> Action:
        """The first action; ``now`` is in seconds on a clock that only grows."""
        self._began = now
        return self._next(_AFTER_OUTAGE, now)

    def on(self, event: Event, now: float) -> Action:
        """The action after ``event``."""
        match event:
            case FirstWord():
                self._shown = self._commit == "first_token"
                return Show() if self._shown else Hold()
            case Completed():
                return self._completed(event, now)
            case Broke(error):
                return self._broke(error, now)
            case KeptHere(error):
                self._health.released(self._card)
                self._only_here = True
                self._remember(error)
                return self._next(_AFTER_OUTAGE, now)
            case Stopped():
                self._health.released(self._card)
                return GiveUp(Cancelled("Stopped."), partial=self._shown)

    @property
    def _card(self) -> ModelCard:
        assert self._current is not None
        return self._cards[self._current.model]

    def _completed(self, event: Completed, now: float) -> Action:
        card = self._card
        self._health.answered(card, now)
        if not event.empty or event.finish in {"length", "tool_calls"}:
            return Accept()
        if event.finish in {"content_filter", "refusal"}:
            error = ProviderError(
                ErrorKind.CONTENT_FILTER,
                card.provider,
                f"{card.id} refuses to answer.",
                hint="Rephrase it; it is not sent elsewhere to get around that.",
            )
            return GiveUp(error)
        nothing = ProviderError(
            ErrorKind.OUTAGE, card.provider, f"{card.id} answered with nothing."
        )
        if self._shown:  # its thoughts, at least
            return GiveUp(nothing, partial=True)
        self._remember(nothing)
        return self._next(_AFTER_OUTAGE, now)

    def _broke(self, error: ProviderError | LocalModelError, now: float) -> Action:
        card = self._card
        if isinstance(error, ProviderError):
            self._health.failed(card, error, now)
        if self._shown:
            return GiveUp(error, partial=True)
        if card.thinks_silently:
            ordinary = self._numbers.patience.first_token
            self._thought += max(now - self._tried_at - ordinary, 0.0)
        earlier = {kind_of(other) for _, other in self._errors}
        if error.kind is ErrorKind.CONTEXT:
            counted(error, card.context_tokens, self._tokens)
        self._remember(error)
        if error.kind in _FINAL:
            return GiveUp(error)
        if error.kind is ErrorKind.BAD_REQUEST and earlier <= {ErrorKind.BAD_REQUEST}:
            return GiveUp(error)
        if error.kind is ErrorKind.CONTEXT:
            self._smallest_window = max(self._smallest_window, card.context_tokens)
        again = self._again(error, now)
        if again is not None:
            return again
        unreached = isinstance(error, ProviderError) and error.unreached
        if unreached or error.kind in _SAME_ACCOUNT_IS_POINTLESS:
            self._given_up.add(card.provider)
        elif error.kind is ErrorKind.OUTAGE:
            self._failing.add(card.provider)
        order = _AFTER_RATE_LIMIT if error.kind is ErrorKind.RATE_LIMIT else _AFTER_OUTAGE
        return self._next(order, now)

    def _again(self, error: ProviderError | LocalModelError, now: float) -> Try | None:
        """The same model once more, where that is right."""
        numbers = self._numbers.retry
        candidate, card = self._current, self._card
        if (
            not isinstance(error, ProviderError)
            or candidate is None
            or card.place is Place.LOCAL
            or self._tries_of_current >= numbers.per_model
            or self._out_of_tries
            or self._out_of_time(now)
            or not self._health.retries.allows(now)
        ):
            return None
        pause = self._rng.uniform(numbers.pause_from, numbers.pause_to)
        if error.kind is ErrorKind.RATE_LIMIT:
            if error.retry_after is None and self._others_in_the_cloud():
                return None
            delay = pause * 2 if error.retry_after is None else error.retry_after + pause / 4
        elif error.kind is ErrorKind.OUTAGE and error.transient:
            delay = max(pause, error.retry_after or 0.0)
        else:
            return None
        if delay > numbers.longest_wait + pause:
            return None
        refusal = self._health.refusal(card, self._tokens, now + delay)
        if refusal is not None and refusal.kind is not ErrorKind.RATE_LIMIT:
            return None
        return self._try(candidate, delay, now)

    def _next(self, order: Sequence[Cause], now: float) -> Action:
        """The next candidate that may be tried, or the end."""
        self._current = None
        while self._left:
            candidate = min(self._left, key=lambda one: self._rank(one, order))
            self._left.remove(candidate)
            card = self._cards[candidate.model]
            refusal = self._refusal(card, now)
            if not refusal:
                return self._try(candidate, 0.0, now)
            self.skipped.append(Skipped(card.id, refusal))
            kept = self._health.refusal(card, self._tokens, now)
            if kept is not None:
                self._resting.append(kept)
            if kept is not None and kept.kind is ErrorKind.RATE_LIMIT:
                order = _AFTER_RATE_LIMIT
        return GiveUp(self._last_word(now))

    def _rank(self, one: Candidate, order: Sequence[Cause]) -> tuple[bool, bool, int, int]:
        """Where ``one`` stands in line: this machine as the last resort is behind all others."""
        last = one.place is Place.LOCAL and one.cause == "last_resort"
        failing = self._cards[one.model].provider in self._failing
        return last, failing, order.index(one.cause), self._left.index(one)

    def _refusal(self, card: ModelCard, now: float) -> str:
        """Why ``card`` is not tried; empty if it is."""
        if card.context_tokens <= self._smallest_window:
            return "its window is no larger"
        if card.place is Place.LOCAL:
            return ""
        reasons = (
            (self._only_here, "nothing may leave this machine"),
            (card.provider in self._given_up, "its provider has just failed"),
            (self._out_of_time(now), "the time for managed models was over"),
            (self._out_of_tries and card.provider in self._asked, "there were enough tries"),
        )
        known = next((why for holds, why in reasons if holds), "")
        refusal = None if known else self._health.refusal(card, self._tokens, now)
        return refusal.reason if refusal else known

    def _try(self, candidate: Candidate, delay: float, now: float) -> Try:
        card = self._cards[candidate.model]
        self._tries += 1
        self._tried_at = now + delay
        self._asked.add(card.provider)
        again = candidate is self._current
        self._tries_of_current = self._tries_of_current + 1 if again else 1
        if card.place is Place.CLOUD:
            self._health.retries.tried(now, again=again)
        self._current = candidate
        self._health.started(card, self._tokens, now + delay)
        patience = self._numbers.patience_for(card, self._tokens)
        if candidate.place is Place.LOCAL:
            why = why_here(self._errors, self.skipped, candidate.reason)
        else:
            why = why_next(self._errors, candidate.reason)
        return Try(replace(candidate, reason=why), card, self._tries, delay, patience)

    @property
    def _out_of_tries(self) -> bool:
        """Whether whoever was asked is not asked again, one try being kept for this machine."""
        return self._tries >= self._numbers.retry.in_all - 1

    def _out_of_time(self, now: float) -> bool:
        """Whether the time is up; what a model may think in silence takes nobody's time."""
        return now - self._began - self._thought >= self._numbers.retry.cloud_time

    def _others_in_the_cloud(self) -> bool:
        return any(one.place is Place.CLOUD for one in self._left)

    def _remember(self, error: EdgeRouteError) -> None:
        self._errors.append((self._card.id, error))

    def _last_word(self, now: float) -> EdgeRouteError:
        kept = (self._health.refusal(card, self._tokens, now) for card in self._passed_over)
        return last_word(
            self._errors,
            self._before,
            [f"{one.model}: not asked, {one.reason}." for one in self.skipped],
            [*self._resting, *(one for one in kept if one is not None)],
            [card.context_tokens for card in self._passed_over],
        )
