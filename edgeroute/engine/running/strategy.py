"""Cascade and ensemble: several models are asked, one answer stands, every call is on the receipt.

The decisions are the routing room's state machines; this is their shell. Answers that do not stand
are folded away; only the one that stands is shown, the last rung of a cascade while it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from edgeroute.core.clock import Clock
from edgeroute.core.errors import EdgeRouteError, LocalModelError, PrivacyRefused, ProviderError
from edgeroute.core.events import (
    AttemptEnded,
    AttemptStarted,
    Delta,
    Event,
    Folded,
    Notice,
    Piece,
    ReasoningDelta,
    pieces_of,
)
from edgeroute.core.messages import Message
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Outcome as ReceiptOutcome
from edgeroute.engine.deciding.decider import Decision
from edgeroute.engine.running.internal_error import broken
from edgeroute.engine.running.live_attempt import LiveAttempt
from edgeroute.engine.running.model_calls import ModelCalls
from edgeroute.engine.running.run_state import RunState

if TYPE_CHECKING:
    from edgeroute.providers.resilience.health import Health
    from edgeroute.providers.resilience.resilience import Resilience
    from edgeroute.routing.strategies.actions import Action, Ask, Stand
    from edgeroute.routing.strategies.actions import Event as Reply


class StrategyMachine(Protocol):
    """A cascade or an ensemble."""

    def start(self) -> list[Action]:
        """What to do first."""
        ...

    def step(self, event: Reply) -> list[Action]:
        """What follows from ``event``."""
        ...


class StrategyRunner:
    """Carries out what a machine decides."""

    def __init__(
        self, attempts: ModelCalls, health: Health, numbers: Resilience, clock: Clock
    ) -> None:
        self._attempts = attempts
        self._health = health
        self._numbers = numbers
        self._clock = clock

    async def run(
        self, machine: StrategyMachine, decision: Decision, outcome: RunState
    ) -> AsyncGenerator[Event]:
        """Ask until an answer stands; without one, ``outcome`` stays without an answer."""
        course = _StrategyRun(decision, outcome)
        try:
            self._carry_out(machine.start(), course)
            while course.asked:
                event = await course.news.get()
                if isinstance(event, _Finished):
                    course.asked.pop(event.ask_id)
                    for told in course.ended(event):
                        yield told
                    actions = machine.step(event.reply)
                    for told in self._settle(actions, course):
                        yield told
                    self._carry_out(actions, course)
                else:
                    yield event
        finally:
            await course.stop()

    def _carry_out(self, actions: list[Action], course: _StrategyRun) -> None:
        from edgeroute.routing.strategies.actions import Ask  # noqa: PLC0415

        if course.over:
            return
        for action in actions:
            if isinstance(action, Ask):
                number = course.number = course.number + 1
                candidate = self._attempts.candidate(action.model, action.reason)
                trial = self._attempts.trial(number, candidate, action.role)
                course.trials[number] = trial
                course.asked[number] = asyncio.create_task(self._ask(action, trial, course))

    def _settle(self, actions: list[Action], course: _StrategyRun) -> list[Event]:
        """What is shown of folds and of the answer that stands."""
        from edgeroute.routing.strategies.actions import Fold, NoneStands, Stand  # noqa: PLC0415

        told: list[Event] = []
        for action in actions:
            match action:
                case Fold(model, reason):
                    told.append(Folded(model, course.text_of(model), reason))
                case Stand():
                    told += course.stands(action)
                case NoneStands(reason):
                    course.over = True
                    told.append(Notice("strategy", reason))
                case _:
                    pass
        return told

    async def _ask(self, ask: Ask, trial: LiveAttempt, course: _StrategyRun) -> None:
        """Ask one model, and report what came of it, whatever that is."""
        from edgeroute.routing.strategies.actions import Dropped, Judged, Replied  # noqa: PLC0415

        await course.news.put(AttemptStarted(trial.number, ask.model, ask.reason))
        try:
            error = await self._answered(ask, trial, course)
        except Exception as bug:  # noqa: BLE001 - the others go on, and nobody waits for ever
            error = broken(bug, "attempt")
        answer = replace(trial.draft.answer(), model=ask.model)
        reply: Reply
        if error is not None:
            reply = Dropped(ask.model, error.message)
        elif ask.role != "answer":
            reply = Judged(ask.model, answer.text)
        elif trial.draft.empty and answer.finish == "stop":
            reply = Dropped(ask.model, f"{ask.model} answered with nothing.")
        else:
            reply = Replied(ask.model, answer, tuple(trial.logprobs))
        await course.news.put(_Finished(trial.number, ask, trial, reply, error))

    async def _answered(
        self, ask: Ask, trial: LiveAttempt, course: _StrategyRun
    ) -> EdgeRouteError | None:
        """Take in the whole answer; the error where there is none."""
        decision = course.decision
        if ask.role != "answer":
            return await self.aside(trial, decision, ask.messages)
        if ask.logprobs and trial.card.place is Place.LOCAL:
            sampling = replace(decision.request.sampling, logprobs=True)
            request = replace(decision.request, sampling=sampling)
            decision = replace(decision, request=request)
        may_show = ask.show and decision.plan.commit == "first_token"
        held: list[Piece] = []

        async def show(delta: Delta) -> None:
            """Show what comes from the first word on; thoughts alone can still be withdrawn."""
            if not may_show or not isinstance(delta, Piece):
                return
            held.append(delta)
            if course.shown or not isinstance(delta, ReasoningDelta):
                course.shown = ask.model
                for piece in held:
                    await course.news.put(piece)
                held.clear()

        return await self._hear(trial, decision, show)

    async def aside(
        self, trial: LiveAttempt, decision: Decision, messages: tuple[Message, ...]
    ) -> EdgeRouteError | None:
        """Ask a judge or a verifier ``messages``; what it says is in ``trial``. The error where it
        could not be asked or did not answer.
        """
        try:
            decision = await decision.aside(messages)
        except PrivacyRefused as error:
            return error
        return await self._hear(trial, decision, _nobody)

    async def _hear(
        self, trial: LiveAttempt, decision: Decision, tell: Callable[[Delta], Awaitable[None]]
    ) -> EdgeRouteError | None:
        """Take in a whole answer, unless its provider rests; ``tell`` hears it while it comes."""
        now = self._clock.monotonic
        refusal = self._health.refusal(trial.card, decision.signals.input_tokens, now())
        if refusal is not None:
            return ProviderError(refusal.kind, trial.card.provider, f"Not asked: {refusal.reason}.")
        self._health.started(trial.card, decision.signals.input_tokens, now())
        patience = self._numbers.patience_for(trial.card, decision.signals.input_tokens)
        try:
            async with aclosing(self._attempts.deltas(trial, decision, patience)) as deltas:
                async for delta in deltas:
                    await tell(delta)
        except ProviderError as broke:
            self._health.failed(trial.card, broke, now())
            return broke
        except (LocalModelError, PrivacyRefused) as error:
            self._health.released(trial.card)
            return error
        except BaseException:  # stopped by the user or by a bug, which says nothing of the model
            self._health.released(trial.card)
            raise
        self._health.answered(trial.card, now())
        return None


async def _nobody(_: Delta) -> None:
    """What a judge says is not shown."""


class _Finished:
    """One ask is over."""

    def __init__(
        self, ask_id: int, ask: Ask, trial: LiveAttempt, reply: Reply, error: EdgeRouteError | None
    ) -> None:
        self.ask_id = ask_id
        self.ask = ask
        self.trial = trial
        self.reply = reply
        self.error = error


class _StrategyRun:
    """What has happened in one run."""

    def __init__(self, decision: Decision, outcome: RunState) -> None:
        self.decision = decision
        self.outcome = outcome
        self.news: asyncio.Queue[Event | _Finished] = asyncio.Queue()
        self.asked: dict[int, asyncio.Task[None]] = {}
        self.trials: dict[int, LiveAttempt] = {}
        self._ended: dict[int, int] = {}  # the asks that are over, by their place in the attempts
        self.number = len(outcome.attempts)
        self.shown = ""
        self.over = False

    def text_of(self, model: str) -> str:
        """What ``model`` has answered."""
        found = (t.draft.answer().text for t in self.trials.values() if t.card.id == model)
        return next(found, "")

    def ended(self, finished: _Finished) -> list[Event]:
        """Enter a finished attempt; an answer counts as rejected until it stands."""
        role = finished.ask.role
        well: ReceiptOutcome = "rejected" if role == "answer" else "answered"
        attempt = finished.trial.ended("failed" if finished.error else well, finished.error)
        self._ended[finished.ask_id] = len(self.outcome.attempts)
        self.outcome.attempts.append(attempt)
        if finished.error is not None and role == "answer":
            self.outcome.failures.append(finished.error)
        if finished.error is not None and self.shown == finished.ask.model:
            self.over = True
            self.outcome.error = finished.error
            self.outcome.partial = finished.trial.draft.answer()
        return [AttemptEnded(finished.ask_id, attempt)]

    def stands(self, stand: Stand) -> list[Event]:
        """Show the answer that stands, unless it was shown while it came."""
        if self.over:
            return []
        self.over = True
        self.outcome.answer = stand.answer
        self.outcome.error = None
        self.outcome.notes.append(stand.reason)
        place = self._place_of(stand)
        standing = self.outcome.attempts[place]
        self.outcome.attempts[place] = replace(standing, outcome="answered", role="answer")
        told: list[Event] = []
        if self.shown != stand.model:
            told += pieces_of(stand.answer)
        if stand.warning:
            self.outcome.notes.append("Not all models gave this answer.")
            told.append(Notice("disagreement", stand.warning))
        return told

    def _place_of(self, stand: Stand) -> int:
        """Which of the attempts gave the words that stand; a judge's, where it merged answers."""
        said = {
            ended: trial.draft.answer().text
            for number, ended in self._ended.items()
            if (trial := self.trials[number]).card.id == stand.model
        }
        return next(place for place, text in said.items() if text == stand.answer.text)

    async def stop(self) -> None:
        """End what is still under way, and count it as cancelled; what has ended meanwhile was
        paid for as well. Words that were shown are kept.
        """
        for task in self.asked.values():
            task.cancel()
        await asyncio.gather(*self.asked.values(), return_exceptions=True)
        while not self.news.empty():
            event = self.news.get_nowait()
            if isinstance(event, _Finished):
                del self.asked[event.ask_id]
                self.ended(event)
        for number in self.asked:
            trial = self.trials[number]
            self.outcome.attempts.append(trial.ended("cancelled"))
            if self.shown == trial.card.id:
                self.outcome.partial = trial.draft.answer()
