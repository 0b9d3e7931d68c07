"""Steps 5 and 6: one model after the other, a cascade or an ensemble, then a second look."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeroute.core.answer import Answer
from edgeroute.core.events import AttemptEnded, AttemptStarted, Event, Notice
from edgeroute.engine.deciding.decision import Decision
from edgeroute.engine.running import trust
from edgeroute.engine.running.circuit_checks import CircuitChecks
from edgeroute.engine.running.fallback import Fallback
from edgeroute.engine.running.live_attempt import RunState
from edgeroute.engine.running.model_calls import ModelCalls
from edgeroute.engine.running.strategy import StrategyMachine, StrategyRunner

if TYPE_CHECKING:
    from edgeroute.routing.policy.in_force import RulesInForce


@dataclass(eq=False, repr=False)
class Runner:
    """Finds the answer as the plan says, and has it verified where the rule asks for that."""

    calls: ModelCalls
    delivery: Fallback
    strategy: StrategyRunner
    rules: RulesInForce
    checks: CircuitChecks

    async def run(self, decision: Decision, state: RunState) -> AsyncGenerator[Event]:
        """Everything that happens up to the answer or the last failure."""
        plan = decision.plan
        if not decision.privacy.stays:
            self.checks.look(self.calls.managed(one.model for one in plan.named))
        candidates = list(plan.candidates)
        if plan.strategy != "single":
            machine = self._machine(decision, [one.model for one in plan.taking_part])
            async with aclosing(self.strategy.run(machine, decision, state)) as events:
                async for event in events:
                    yield event
            candidates = [one for one in candidates if one.cause != "first"] or candidates[-1:]
        if state.answer is None and state.partial is None:
            async with aclosing(self.delivery.run(candidates, decision, state)) as events:
                async for event in events:
                    yield event
        if state.answer is not None and (text := self._trust(decision, state.answer)):
            yield Notice(trust.KIND, text)
        if state.answer is None or not (plan.verify or plan.unchecked):
            return
        if state.answer.message.tool_calls:  # what it says with their results will be checked
            return
        if plan.verify in {"", state.answer.model}:  # nobody, or the one who answered after all
            text = "A second model should check this answer, and none can."
            yield Notice("unverified", text)
            return
        async for event in self._verified(decision, state):
            yield event

    def _trust(self, decision: Decision, answer: Answer) -> str:
        here = {card.id: card for card in self.calls.local.cards()}
        card = here.get(answer.model)
        return trust.how_far(decision, answer, card.grade, card.place) if card else ""

    def _machine(self, decision: Decision, models: list[str]) -> StrategyMachine:
        from edgeroute.routing.signals.turns import asked  # noqa: PLC0415
        from edgeroute.routing.strategies.cascade import Cascade  # noqa: PLC0415
        from edgeroute.routing.strategies.ensemble import Ensemble  # noqa: PLC0415

        request = decision.request
        policy = self.rules.policy(request.policy)
        question, judge, schema = asked(request.messages), decision.judge, request.response_format
        if decision.plan.strategy == "ensemble":
            return Ensemble(models, policy.ensemble, question, judge=judge, schema=schema)
        return Cascade(models, policy.cascade, question, judge=judge, schema=schema)

    async def _verified(self, decision: Decision, state: RunState) -> AsyncIterator[Event]:
        """A second model's view of the answer: a doubt is shown, never averaged away."""
        from edgeroute.routing.signals.turns import asked  # noqa: PLC0415
        from edgeroute.routing.strategies.judges import disagreement, verify_messages  # noqa: PLC0415

        assert state.answer is not None
        verifier = decision.plan.verify
        number = len(state.attempts) + 1
        reason = "Checks the answer."
        candidate = self.calls.candidate(verifier, reason)
        live = self.calls.begin(number, candidate, "verify")
        question = asked(decision.request.messages)
        messages = verify_messages(question, state.answer.text)
        yield AttemptStarted(number, verifier, reason)
        state.under_way = live
        failure = await self.strategy.aside(live, decision, messages)
        state.under_way = None
        attempt = live.ended("failed" if failure else "answered", failure)
        state.attempts.append(attempt)
        yield AttemptEnded(number, attempt)
        objection = disagreement(live.draft.answer().text)
        if failure is not None:
            text = f"{verifier} could not check this answer."
            state.notes.append(text)
            yield Notice("unverified", text)
        elif objection:
            state.notes.append(f"{verifier} objects to this answer.")
            yield Notice("disagreement", f"{verifier} objects: {objection}")
