"""Cascade and ensemble: several models are asked, one answer stands, every call is on the receipt.

The decisions are the routing room's state machines; this is their shell. Answers that do not stand
are folded away; only the one that stands is shown, the last rung of a cascade while it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
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
from edgeroute.engine.deciding.decision import Decision
from edgeroute.engine.running.internal_error import broken
from edgeroute.engine.running.live_attempt import LiveAttempt, RunState
from edgeroute.engine.running.model_calls import ModelCalls

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


@dataclass(eq=False, repr=False)
class StrategyRunner:
    """Carries out what a machine decides."""

    calls: ModelCalls
    health: Health
    numbers: Resilience
    clock: Clock

    async def run(
        self, machine: StrategyMachine, decision: Decision, state: RunState
    ) -> AsyncGenerator[Event]:
        """Ask until an answer stands; without one, ``state`` stays without an answer."""
        run = _StrategyRun(decision, state)
        try:
            self._carry_out(machine.start(), run)
            while run.tasks:
                event = await run.queue.get()
                if isinstance(event, _Finished):
                    run.tasks.pop(event.ask_id)
                    for to_show in run.ended(event):
                        yield to_show
                    actions = machine.step(event.reply)
                    for to_show in self._settle(actions, run):
                        yield to_show
                    self._carry_out(actions, run)
                else:
                    yield event
        finally:
            await run.stop()

    def _carry_out(self, actions: list[Action], run: _StrategyRun) -> None:
        from edgeroute.routing.strategies.actions import Ask  # noqa: PLC0415

        if run.over:
            return
        for action in actions:
            if isinstance(action, Ask):
                number = run.number = run.number + 1
                candidate = self.calls.candidate(action.model, action.reason)
                live = self.calls.begin(number, candidate, action.role)
                run.live_attempts[number] = live
                run.tasks[number] = asyncio.create_task(self._ask(action, live, run))

    def _settle(self, actions: list[Action], run: _StrategyRun) -> list[Event]:
        """What is shown of folds and of the answer that stands."""
        from edgeroute.routing.strategies.actions import Fold, NoneStands, Stand  # noqa: PLC0415

        to_show: list[Event] = []
        for action in actions:
            match action:
                case Fold(model, reason):
                    to_show.append(Folded(model, run.text_of(model), reason))
                case Stand():
                    to_show += run.stands(action)
                case NoneStands(reason):
                    run.over = True
                    to_show.append(Notice("strategy", reason))
                case _:
                    pass
        return to_show

    async def _ask(self, ask: Ask, live: LiveAttempt, run: _StrategyRun) -> None:
        """Ask one model, and report what came of it, whatever that is."""
        from edgeroute.routing.strategies.actions import Dropped, Judged, Replied  # noqa: PLC0415

        await run.queue.put(AttemptStarted(live.number, ask.model, ask.reason))
        notice = self.calls.left_out(live, run.decision) if ask.role == "answer" else None
        if notice is not None:
            await run.queue.put(notice)
        try:
            error = await self._answered(ask, live, run)
        except Exception as bug:  # noqa: BLE001 - the others go on, and nobody waits for ever
            error = broken(bug, "attempt")
        answer = replace(live.draft.answer(), model=ask.model)
        reply: Reply
        if error is not None:
            reply = Dropped(ask.model, error.recorded)
        elif ask.role != "answer":
            reply = Judged(ask.model, answer.text)
        elif live.draft.empty and answer.finish == "stop":
            reply = Dropped(ask.model, f"{ask.model} answered with nothing.")
        else:
            reply = Replied(ask.model, answer, tuple(live.logprobs))
        await run.queue.put(_Finished(live.number, ask, live, reply, error))

    async def _answered(
        self, ask: Ask, live: LiveAttempt, run: _StrategyRun
    ) -> EdgeRouteError | None:
        """Take in the whole answer; the error where there is none."""
        decision = run.decision
        if ask.role != "answer":
            return await self.aside(live, decision, ask.messages)
        if ask.logprobs and live.card.place is Place.LOCAL:
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
            if run.shown or not isinstance(delta, ReasoningDelta):
                run.shown = ask.model
                for piece in held:
                    await run.queue.put(piece)
                held.clear()

        return await self._hear(live, decision, show)

    async def aside(
        self, live: LiveAttempt, decision: Decision, messages: tuple[Message, ...]
    ) -> EdgeRouteError | None:
        """Ask a judge or a verifier ``messages``; what it says is in ``live``. The error where it
        could not be asked or did not answer.
        """
        try:
            decision = await decision.aside(messages)
        except PrivacyRefused as error:
            return error
        return await self._hear(live, decision, _nobody)

    async def _hear(
        self, live: LiveAttempt, decision: Decision, tell: Callable[[Delta], Awaitable[None]]
    ) -> EdgeRouteError | None:
        """Take in a whole answer, unless its provider rests; ``tell`` hears it while it comes."""
        now = self.clock.monotonic
        refusal = self.health.refusal(live.card, decision.signals.input_tokens, now())
        if refusal is not None:
            return ProviderError(refusal.kind, live.card.provider, f"Not asked: {refusal.reason}.")
        self.health.started(live.card, decision.signals.input_tokens, now())
        patience = self.numbers.patience_for(live.card, decision.signals.input_tokens)
        try:
            async with aclosing(self.calls.deltas(live, decision, patience)) as deltas:
                async for delta in deltas:
                    await tell(delta)
        except ProviderError as broke:
            self.health.failed(live.card, broke, now())
            return broke
        except (LocalModelError, PrivacyRefused) as error:
            self.health.released(live.card)
            return error
        except BaseException:  # stopped by the user or by a bug, which says nothing of the model
            self.health.released(live.card)
            raise
        self.health.answered(live.card, now())
        return None


async def _nobody(_: Delta) -> None:
    """What a judge says is not shown."""


@dataclass(eq=False, repr=False)
class _Finished:
    """One ask is over."""

    ask_id: int
    ask: Ask
    live: LiveAttempt
    reply: Reply
    error: EdgeRouteError | None


class _StrategyRun:
    """What has happened in one run."""

    def __init__(self, decision: Decision, state: RunState) -> None:
        self.decision = decision
        self.state = state
        self.queue: asyncio.Queue[Event | _Finished] = asyncio.Queue()
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.live_attempts: dict[int, LiveAttempt] = {}
        self._ended: dict[int, int] = {}  # the asks that are over, by their place in the attempts
        self.number = len(state.attempts)
        self.shown = ""
        self.over = False

    def text_of(self, model: str) -> str:
        """What ``model`` has answered."""
        found = (t.draft.answer().text for t in self.live_attempts.values() if t.card.id == model)
        return next(found, "")

    def ended(self, finished: _Finished) -> list[Event]:
        """Enter a finished attempt; an answer counts as rejected until it stands."""
        role = finished.ask.role
        well: ReceiptOutcome = "rejected" if role == "answer" else "answered"
        attempt = finished.live.ended("failed" if finished.error else well, finished.error)
        self._ended[finished.ask_id] = len(self.state.attempts)
        self.state.attempts.append(attempt)
        if finished.error is not None and role == "answer":
            self.state.failures.append(finished.error)
        if finished.error is not None and self.shown == finished.ask.model:
            self.over = True
            self.state.error = finished.error
            self.state.partial = finished.live.draft.answer()
        return [AttemptEnded(finished.ask_id, attempt)]

    def stands(self, stand: Stand) -> list[Event]:
        """Show the answer that stands, unless it was shown while it came."""
        if self.over:
            return []
        self.over = True
        self.state.answer = stand.answer
        self.state.error = None
        self.state.notes.append(stand.reason)
        place = self._place_of(stand)
        standing = self.state.attempts[place]
        self.state.attempts[place] = replace(standing, outcome="answered", role="answer")
        to_show: list[Event] = []
        if self.shown != stand.model:
            to_show += pieces_of(stand.answer)
        if stand.warning:
            self.state.notes.append("Not all models gave this answer.")
            to_show.append(Notice("disagreement", stand.warning))
        return to_show

    def _place_of(self, stand: Stand) -> int:
        """Which of the attempts gave the words that stand; a judge's, where it merged answers."""
        said = {
            ended: live.draft.answer().text
            for number, ended in self._ended.items()
            if (live := self.live_attempts[number]).card.id == stand.model
        }
        return next(place for place, text in said.items() if text == stand.answer.text)

    async def stop(self) -> None:
        """End what is still under way, and count it as cancelled; what has ended meanwhile was
        paid for as well. Words that were shown are kept.
        """
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        while not self.queue.empty():
            event = self.queue.get_nowait()
            if isinstance(event, _Finished):
                del self.tasks[event.ask_id]
                self.ended(event)
        for number in self.tasks:
            live = self.live_attempts[number]
            self.state.attempts.append(live.ended("cancelled"))
            if self.shown == live.card.id:
                self.state.partial = live.draft.answer()
