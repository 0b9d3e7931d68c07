"""From a plan to one answer: try the candidates in order until one has answered.

Words that were shown are never followed by another model's words. With ``commit: first_token`` a
failure after the first visible piece ends the request; with ``commit: complete`` the answer is held
back until it is whole, so that any failure can still be rescued.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from edgeroute.core.answer import Answer
from edgeroute.core.cards import Place
from edgeroute.core.errors import (
    EdgeRouteError,
    ErrorKind,
    LocalModelError,
    NothingAnswered,
    PrivacyRefused,
    ProviderError,
)
from edgeroute.core.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from edgeroute.core.plan import Candidate
from edgeroute.core.receipt import Attempt
from edgeroute.engine.attempts import Attempts
from edgeroute.engine.decision import Decision
from edgeroute.engine.trial import Trial

Shown = TextDelta | ReasoningDelta | ToolCallDelta
_NOT_ROUTED_AROUND = frozenset({ErrorKind.CONTENT_FILTER, ErrorKind.BAD_REQUEST})


@dataclass(slots=True)
class Outcome:
    """What came of a delivery. Without an ``answer`` there is an ``error``."""

    attempts: list[Attempt] = field(default_factory=list)
    answer: Answer | None = None
    error: EdgeRouteError | None = None
    partial: Answer | None = None
    first_token_ms: int | None = None
    under_way: Trial | None = None

    def cancelled(self) -> None:
        """The user stopped it: what was shown so far is kept."""
        if self.under_way is not None:
            self.attempts.append(self.under_way.ended("cancelled"))
            if not self.under_way.draft.empty:
                self.partial = self.under_way.draft.answer()
            self.under_way = None


class Delivery:
    """Steps 5 and 6 of the way of one prompt."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    async def run(self, decision: Decision, outcome: Outcome) -> AsyncGenerator[Event]:
        """Try the plan's candidates; what comes of it is left in ``outcome``."""
        for candidate in decision.plan.candidates:
            if not self._still_worth_trying(candidate, outcome):
                continue
            async with aclosing(self._try(candidate, decision, outcome)) as events:
                async for event in events:
                    yield event
            if outcome.answer is not None or outcome.partial is not None:
                return
        outcome.error = self._verdict(decision, outcome)

    async def _try(
        self, candidate: Candidate, decision: Decision, outcome: Outcome
    ) -> AsyncGenerator[Event]:
        number = len(outcome.attempts) + 1
        yield AttemptStarted(number, candidate.model, candidate.reason)
        trial = self._attempts.trial(number, candidate)
        outcome.under_way = trial
        hold = decision.plan.commit == "complete"
        held: list[Shown] = []
        shown = False
        try:
            request = decision.request if candidate.place is Place.LOCAL else decision.outbound
            async with aclosing(
                self._attempts.deltas(trial, request, decision.session, None)
            ) as deltas:
                async for delta in deltas:
                    if not isinstance(delta, Shown):
                        continue
                    if hold:
                        held.append(delta)
                    else:
                        shown = shown or not isinstance(delta, ReasoningDelta)
                        yield delta
            trial.must_have_ended()
        except (ProviderError, LocalModelError, PrivacyRefused) as error:
            outcome.under_way = None
            attempt = trial.ended("failed", error)
            outcome.attempts.append(attempt)
            outcome.error = error
            if shown:
                outcome.partial = trial.draft.answer()
            yield AttemptEnded(number, attempt)
            return
        outcome.under_way = None
        attempt = trial.ended("answered")
        outcome.attempts.append(attempt)
        outcome.first_token_ms = trial.first_token_ms
        for delta in held:
            yield delta
        outcome.answer = replace(trial.draft.answer(), model=candidate.model)
        outcome.error = None
        yield AttemptEnded(number, attempt)

    def _still_worth_trying(self, candidate: Candidate, outcome: Outcome) -> bool:
        """Whether ``candidate`` may follow what has failed so far."""
        error = outcome.error
        if error is None:
            return True
        if isinstance(error, PrivacyRefused):
            return candidate.place is Place.LOCAL
        return not (isinstance(error, ProviderError) and error.kind in _NOT_ROUTED_AROUND)

    def _verdict(self, decision: Decision, outcome: Outcome) -> EdgeRouteError:
        """The error for people when nothing has answered."""
        last = outcome.error
        if decision.private and last is not None:
            return PrivacyRefused(
                f"{decision.reason} The local model could not answer: {last.message}",
                last.hint or "`edgeroute doctor` says how to get a local model.",
            )
        if isinstance(last, ProviderError) and last.kind in _NOT_ROUTED_AROUND:
            return last
        tried = "; ".join(f"{a.model}: {a.detail}" for a in outcome.attempts)
        return NothingAnswered(
            f"Nothing could answer. Tried {tried}" if tried else "There was nothing to try.",
            last.hint if last else "",
        )
