"""From a plan to one answer: carry out what the failover says, and show what may be shown.

Words that were shown are never followed by another model's words. With ``commit: first_token`` a
failure after the first visible piece ends the request; thoughts wait for it, so that another
model can still answer, but a long thought is shown while it lasts. With ``commit: complete`` the
answer is held back until it is whole, so that any failure can still be rescued.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Final, get_args

from edgeroute.core.answer import Frame
from edgeroute.core.clock import Clock
from edgeroute.core.errors import (
    OVERFLOW,
    EdgeRouteError,
    LocalModelError,
    NothingAnswered,
    PrivacyRefused,
    ProviderError,
    Rejection,
)
from edgeroute.core.events import (
    AttemptEnded,
    AttemptStarted,
    Delta,
    Event,
    Notice,
    Piece,
    ReasoningDelta,
)
from edgeroute.core.plan import Candidate
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.decision import Decision
from edgeroute.engine.deciding.privacy_decision import private_places
from edgeroute.engine.running.live_attempt import LiveAttempt, RunState
from edgeroute.engine.running.model_calls import ModelCalls
from edgeroute.providers.resilience.failover import (
    Accept,
    Action,
    Broke,
    Completed,
    Failover,
    FirstWord,
    GiveUp,
    KeptHere,
    Show,
    Stopped,
    Try,
)
from edgeroute.providers.resilience.last_word import NOBODY

if TYPE_CHECKING:
    from edgeroute.core.model_card import ModelCard
    from edgeroute.providers.resilience.health import Health
    from edgeroute.providers.resilience.resilience import Resilience

LONG_THOUGHT: Final = 20.0  # seconds
_SHOWN: Final = (*get_args(Piece), Frame)
_GET_A_MODEL: Final = "`edgeroute doctor` says how to get a local model."
_NO_ROOM: Final = "The session does not fit into the window of the model here."
_CHANGE_IT: Final = "Change or shorten it; see `edgeroute models list` for others."


@dataclass(eq=False, repr=False)
class Fallback:
    """Steps 5 and 6 of the way of one prompt. ``tell`` lets other processes know of failures."""

    calls: ModelCalls
    health: Health
    numbers: Resilience
    clock: Clock
    rng: Random
    tell: Callable[[], object]

    async def run(
        self, candidates: Sequence[Candidate], decision: Decision, state: RunState
    ) -> AsyncGenerator[Event]:
        """Look for an answer along ``candidates``; what comes of it is left in ``state``."""
        cards = {candidate.model: self.calls.card(candidate) for candidate in candidates}
        passed_over = self._passed_over(decision)
        failover = Failover(
            candidates,
            cards,
            self.health,
            self.numbers,
            tokens=decision.signals.input_tokens,
            commit=decision.plan.commit,
            before=state.failures,
            passed_over=passed_over,
            rng=self.rng,
        )
        state.skipped = failover.skipped
        action: Action = failover.start(self.clock.monotonic())
        while isinstance(action, Try):
            try:
                if action.delay:
                    await asyncio.sleep(action.delay)
            except asyncio.CancelledError:
                failover.on(Stopped(), self.clock.monotonic())
                raise
            attempt = _FallbackStep(action, failover, self.clock)
            async with aclosing(self._carry_out(attempt, decision, state)) as events:
                async for event in events:
                    yield event
            action = attempt.next_action
            self._pass_on()
        state.notes += self._resting([*cards.values(), *passed_over])
        if isinstance(action, GiveUp):
            state.error = _in_words(decision, action.error)

    def _pass_on(self) -> None:
        """Let other processes know of what has just failed, or is tried anew."""
        if self.health.has_news():
            self.tell()

    def _resting(self, cards: Sequence[ModelCard]) -> list[str]:
        """What the receipt says of the models and providers of ``cards`` that are left alone."""
        names = {name for card in cards for name in (card.provider, card.id)}
        report = self.health.report(self.clock.monotonic())
        return [line.sentence for line in report if line.target in names and line.sentence]

    def _passed_over(self, decision: Decision) -> list[ModelCard]:
        """The managed models that the plan left out; none of what had to stay here anyway."""
        skipped = () if decision.privacy.stays else decision.plan.skipped
        return self.calls.managed(one.model for one in skipped)

    async def _carry_out(
        self, attempt: _FallbackStep, decision: Decision, state: RunState
    ) -> AsyncGenerator[Event]:
        """One attempt, from its start to what the failover makes of its end."""
        self._pass_on()
        live = self.calls.begin(attempt.number, attempt.order.candidate)
        state.under_way = live
        yield AttemptStarted(attempt.number, live.card.id, attempt.order.candidate.reason)
        if notice := self.calls.left_out(live, decision):
            yield notice
        patience = attempt.order.patience
        error: EdgeRouteError | None = None
        try:
            async with aclosing(self.calls.deltas(live, decision, patience)) as deltas:
                async for delta in deltas:
                    if isinstance(delta, Notice):  # how long the model lets one wait
                        yield delta
                    for piece in attempt.came(delta):
                        yield piece
            attempt.ended(live)
        except (ProviderError, LocalModelError) as broke:
            error = broke
            attempt.over(Broke(broke))
        except PrivacyRefused as refused:
            error = refused
            attempt.over(KeptHere(refused))
        except BaseException:  # stopped by the user or by a bug, which says nothing of the model
            attempt.over(Stopped())
            raise
        state.under_way = None
        match attempt.next_action:
            case Accept():
                for piece in attempt.held:
                    yield piece
                state.answer = replace(live.draft.answer(), model=live.card.id, usage=live.usage)
                state.first_token_ms = live.first_token_ms
                ended = live.ended("answered")
            case GiveUp(_, partial):
                state.partial = live.draft.answer() if partial else None
                ended = live.ended("failed", error)
            case _:
                ended = live.ended("rejected" if error is None else "failed", error)
        state.attempts.append(ended)
        yield AttemptEnded(attempt.number, ended)


class _FallbackStep:
    """What the failover has said of one attempt so far, and what is held back of its answer."""

    def __init__(self, order: Try, failover: Failover, clock: Clock) -> None:
        self.order = order
        self.number = order.number
        self.held: list[Piece | Frame] = []
        self.next_action: Action = order
        self._failover = failover
        self._clock = clock
        self._showing = False
        self._began = False
        self._thinks_since: float | None = None

    def came(self, delta: Delta) -> list[Piece | Frame]:
        """What may be shown now that ``delta`` has come."""
        if not isinstance(delta, _SHOWN):
            return []
        self.held.append(delta)
        if not self._began and self._shows(delta):
            self._began = True
            action = self._failover.on(FirstWord(), self._clock.monotonic())
            self._showing = isinstance(action, Show)
        if not self._showing:
            return []
        shown, self.held = self.held, []
        return shown

    def _shows(self, delta: Piece | Frame) -> bool:
        """Whether ``delta`` begins what may be shown: words do, and a thought that lasts."""
        if isinstance(delta, Frame):
            return delta.untold
        if not isinstance(delta, ReasoningDelta):
            return True
        now = self._clock.monotonic()
        self._thinks_since = now if self._thinks_since is None else self._thinks_since
        return now - self._thinks_since >= LONG_THOUGHT

    def ended(self, live: LiveAttempt) -> None:
        """The answer is whole."""
        finish = live.draft.finish
        assert finish is not None
        self.over(Completed(finish, live.draft.empty))

    def over(self, event: Broke | Completed | KeptHere | Stopped) -> None:
        """The attempt has come to its end."""
        self.next_action = self._failover.on(event, self._clock.monotonic())


def _in_words(decision: Decision, error: EdgeRouteError) -> EdgeRouteError:
    """The error for people; a prompt that must stay here was refused for privacy.

    A caller whose request is to blame is told so all the same: it can shorten or mend it. Only of a
    session that was just held it is not said, in no word that clients know, that it is too long:
    they would hide why, and shorten in vain.
    """
    if decision.privacy.stays and isinstance(error, NothingAnswered | LocalModelError):
        places = private_places(decision.request, decision.privacy)
        why = f"{decision.privacy.reason} {places}".strip()
        blamed = error.rejection.blames_caller
        said = error.message.removeprefix(NOBODY).lstrip()  # which the sentence says by itself
        hint = error.hint or (_CHANGE_IT if blamed else _GET_A_MODEL)
        held = decision.privacy.mode is not PrivacyMode.PRIVATE and not _answered_here(decision)
        if held and error.rejection.code == OVERFLOW.code:
            blamed, said, hint = False, _NO_ROOM, ""
        return PrivacyRefused(
            f"{why} It must stay here, and no model here could answer. {said}",
            f"{hint} {_ways_on(decision)}".strip(),
            # Clients take 401 and 403 for a login and try 503 again for minutes.
            rejection=error.rejection if blamed else Rejection(400, PrivacyRefused.code),
        )
    return error


def _ways_on(decision: Decision) -> str:
    """What the user can do so that the session goes on."""
    session, privacy = decision.session, decision.privacy
    ways = []
    tied = session.exists and session.held_from > 0
    if privacy.mode is PrivacyMode.AUTO and tied and privacy.maskable:
        ways.append(f"`edgeroute history mask {session.id}` lets this session go on with masks")
    if privacy.verdict.findings and not _answered_here(decision):
        ways.append("`edgeroute config allow` says of one exact text that it is not private")
    return f"To go on: {'; '.join([*ways, 'a new session begins without it'])}."


def _answered_here(decision: Decision) -> bool:
    """Whether a model here has said something since the session is held; what a client has written
    into its prompt for a model does not count.
    """
    since = decision.session.held_from if decision.session.model.startswith("local/") else 0
    said = [message for message in decision.request.messages if message.role != "system"]
    return since > 0 and any(message.role == "assistant" for message in said[since:])
