"""The one way of a prompt: every front door calls ``stream`` and reads the same events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from edgeroute.core.clock import Clock
from edgeroute.core.errors import Cancelled, EdgeRouteError
from edgeroute.core.events import Answered, Event, Failed, Notice, Planned
from edgeroute.core.ids import new_id
from edgeroute.core.receipt import Receipt
from edgeroute.core.request import ChatRequest
from edgeroute.engine.deciding.decider import Decider
from edgeroute.engine.deciding.decision import Decision, RequestStart
from edgeroute.engine.deciding.explanation import Explanation
from edgeroute.engine.recording.aftermath import Aftermath
from edgeroute.engine.recording.otlp import Said
from edgeroute.engine.recording.recorder import Recorder
from edgeroute.engine.recording.telemetry import Telemetry
from edgeroute.engine.running.internal_error import broken
from edgeroute.engine.running.live_attempt import RunState
from edgeroute.engine.running.runner import Runner
from edgeroute.engine.threads import THREADS


class Engine:
    """Decides, delivers, records."""

    def __init__(
        self,
        decider: Decider,
        answering: Runner,
        recorder: Recorder,
        clock: Clock,
        *,
        aftermath: Aftermath,
        telemetry: Telemetry | None,
    ) -> None:
        self._decider = decider
        self._answering = answering
        self._recorder = recorder
        self._aftermath = aftermath
        self._telemetry = telemetry
        self._clock = clock

    async def explain(self, request: ChatRequest, *, full: bool = False) -> Explanation:
        """Where ``request`` would go and why. Sends nothing, leaves no trace, loads no model but
        one that is to give a second opinion.

        With ``full`` every finding is named; without, the check stops at the first.
        """
        decision = await self._decider.decide(request, dry=True, full=full)
        return decision.explanation()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event]:
        """Answer ``request``; the last event is the only ``Answered`` or ``Failed``.

        Closing the generator stops the answer: the model is told to stop, and what was shown so
        far is kept with its receipt.
        """
        now = self._clock.now()
        start = RequestStart(new_id(now), now, self._clock.monotonic())
        state = RunState()
        decision: Decision | None = None
        try:
            decision = replace(await self._decider.decide(request), start=start)
            if request.model != decision.request.model:
                request = replace(request, model=decision.request.model)
            yield Planned(
                decision.plan,
                decision.privacy.verdict,
                decision.signals,
                decision.privacy.mode,
                decision.session.id,
                start.id,
                decision.reasons.because,
            )
            if decision.session.lost:
                yield Notice("history_lost", decision.session.lost)
            async with aclosing(self._answering.run(decision, state)) as events:
                async for event in events:
                    yield event
        except (GeneratorExit, asyncio.CancelledError):
            state.cancelled()
            state.error = Cancelled("You stopped the answer.")
            await asyncio.shield(self._record(start, request, decision, state))
            raise
        except EdgeRouteError as error:
            state.error = error
        except Exception as error:  # noqa: BLE001 - every request ends with one terminal event
            state.error = broken(error, "request")
        receipt, notices = await self._record(start, request, decision, state)
        for notice in notices:
            yield notice
        if state.answer is not None:
            yield Answered(state.answer, receipt)
        else:
            assert state.error is not None
            yield Failed(state.error, receipt, state.partial)

    async def _record(
        self, start: RequestStart, request: ChatRequest, decision: Decision | None, state: RunState
    ) -> tuple[Receipt, list[Event]]:
        receipt = self._recorder.receipt(start, request, decision, state)
        notices: list[Notice]
        try:
            notices = await THREADS.call(
                partial(self._recorder.record, receipt, request, decision, state)
            )
        except Exception as error:  # noqa: BLE001 - what was answered is told all the same
            told = broken(error, "recording")
            notices = [Notice("not_saved", f"This turn could not be saved. {told}")]
        notices += await self._learn(receipt, request, decision)
        if self._telemetry is not None:
            answer = state.answer or state.partial
            asked = request.messages[-1].text if request.messages else ""
            said = Said(asked, answer.text, answer.finish) if answer else Said(asked)
            self._telemetry.tell(receipt, said)
        return receipt, list(notices)

    async def _learn(
        self, receipt: Receipt, request: ChatRequest, decision: Decision | None
    ) -> list[Notice]:
        """Have the answer learned from. A person is shown what it says of money; no program waits
        for that.
        """
        learn = partial(self._recorder.learn, receipt, request, decision)
        if request.front_door == "http":
            self._aftermath.later(learn)
            return []
        return await self._aftermath.done(learn)
