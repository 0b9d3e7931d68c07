"""Step 7: receipt, ledger, conversation turn. A full disk costs the record, never the answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from edgeroute.core.clock import Clock
from edgeroute.core.errors import StoreError
from edgeroute.core.events import Notice
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt, Outcome, Receipt, last_answer
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import ASIDES
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.decision import Decision, RequestStart
from edgeroute.engine.deciding.router_state import RouterState
from edgeroute.engine.recording.baseline import Baseline
from edgeroute.engine.recording.feedback import Feedback
from edgeroute.engine.recording.program_titles import program_title
from edgeroute.engine.recording.spend_alerts import SpendAlerts
from edgeroute.engine.running.live_attempt import RunState

if TYPE_CHECKING:
    from edgeroute.store.chats.conversation_prefixes import Prefixes
    from edgeroute.store.chats.conversations import Conversations
    from edgeroute.store.records.ledger import Ledger
    from edgeroute.store.records.receipts import Receipts
    from edgeroute.store.records.sent_bodies import SentBodies


@dataclass(kw_only=True, eq=False, repr=False)
class Recorder:
    """Writes down what happened, in one ``transaction`` for each answer."""

    transaction: Callable[[], AbstractContextManager[object]]
    receipts: Receipts
    sent: SentBodies
    ledger: Ledger
    conversations: Conversations
    prefixes: Prefixes
    router_state: RouterState
    watch: SpendAlerts
    feedback: Feedback
    baseline: Baseline
    user: str
    clock: Clock
    _leaving: dict[str, list[Attempt]] = field(default_factory=dict)
    _bodies: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def leaving(self, decision: Decision, attempt: Attempt, body: bytes) -> None:
        """Keep a receipt that says what is about to leave, and where to, before it does.

        It is replaced when the request ends; where the program ends first, it is what is left.
        Where it cannot be kept, the answer is told so in the end. The ``body`` itself is kept at
        the end alone, when it is known that it was cleared and left.
        """
        start, request = decision.start, decision.request
        if start is None:
            return
        attempts = self._leaving.setdefault(start.id, [])
        attempts.append(attempt)
        if attempt.digest:
            self._bodies.setdefault(start.id, {})[attempt.digest] = body
        receipt = self.receipt(start, request, decision, RunState(attempts=attempts))
        receipt = replace(receipt, error="interrupted")
        with suppress(StoreError), self.transaction():
            self.receipts.add(receipt)
            self.ledger.record(receipt)

    def receipt(
        self,
        start: RequestStart,
        request: ChatRequest,
        decision: Decision | None,
        outcome: RunState,
    ) -> Receipt:
        """The receipt of a request that has ended."""
        attempts = outcome.attempts
        ends: tuple[Outcome, ...] = ("answered", "cancelled", "interrupted")
        answered = next(filter(None, (last_answer(attempts, end) for end in ends)), None)
        undecided = Receipt(
            id=start.id,
            created=start.started,
            conversation=request.conversation,
            front_door=request.front_door,
            mode=request.privacy or PrivacyMode.AUTO,
            private=True,
            privacy_reason="Nothing was decided, so nothing was sent.",
            findings={},
            latched=False,
            rule="",
            why="",
            route=None,
            model="",
            user=request.user or self.user,
            client=request.client_name,
            duration_ms=round((self.clock.monotonic() - start.tick) * 1000),
            error=outcome.error.code if outcome.error else "",
        )
        if decision is None:
            return undecided
        decided = replace(
            undecided,
            conversation=decision.session.id,
            mode=decision.privacy.mode,
            private=decision.privacy.stays,
            privacy_reason=decision.privacy.reason,
            findings=dict(decision.privacy.verdict.types),
            latched=decision.privacy.latched,
            rule=decision.plan.rule,
            why=decision.plan.why,
            route=answered.place if answered else None,
            model=answered.model if answered else "",
            attempts=tuple(attempts),
            task=decision.signals.task,
            agent=decision.signals.agent,
            role=decision.signals.role,
            tier=decision.tier,
            input_tokens=decision.signals.input_tokens,
            first_token_ms=outcome.first_token_ms,
            notes=(
                *(opinion.sentence for opinion in decision.privacy.verdict.opinions),
                *decision.plan.notes,
                *outcome.notes,
            ),
            masked=decision.privacy.masked or {},
            reasons=decision.reasons,
            turn=decision.signals.turns,
        )
        return self.baseline.measured(decided)

    def record(
        self, receipt: Receipt, request: ChatRequest, decision: Decision | None, outcome: RunState
    ) -> list[Notice]:
        """Keep ``receipt`` and, where there is one, the conversation's turn.

        What could not be kept comes back as a notice.
        """
        notices: list[Notice] = []
        self._leaving.pop(receipt.id, None)
        bodies = self._bodies.pop(receipt.id, {})
        self.baseline.remember(receipt)
        try:
            with self.transaction():
                self.receipts.add(receipt)
                self.ledger.record(receipt)
                if decision is not None:
                    notices += self._keep_turn(receipt, request, decision, outcome)
                    self.sent.keep(receipt, bodies)
        except StoreError as error:
            notices.append(_not_saved(error))
        return notices

    def learn(
        self, receipt: Receipt, request: ChatRequest, decision: Decision | None
    ) -> list[Notice]:
        """Note what an answer that was recorded says of earlier ones, of providers and of money.

        Alerts about money come back as notices.
        """
        try:
            if any(attempt.place is Place.CLOUD for attempt in receipt.attempts):
                self.router_state.remember()
            if decision is not None:
                self.feedback.asked(decision.session, request)
                self.feedback.answered(request, receipt, decision.plan.strategy)
            cost = receipt.cost.amount
            alerts = self.watch.after(receipt, cost, request.client) if cost else ()
            return [Notice(one.kind, one.message) for one in alerts]
        except StoreError as error:
            return [_not_saved(error)]

    def _keep_turn(
        self, receipt: Receipt, request: ChatRequest, decision: Decision, outcome: RunState
    ) -> list[Notice]:
        answer = outcome.answer or outcome.partial
        if answer is None or not decision.session.exists:
            return []
        # An agent's titles and summaries say nothing of who works on the user's turn.
        if receipt.route is Place.CLOUD and decision.signals.role not in ASIDES:
            self.router_state.answered(
                decision.session.id,
                receipt.model,
                receipt.usage,
                decision.signals.task,
                turn=decision.signals.turns,
                rule=receipt.rule,
            )
        turn = (*decision.session.new, answer.message)
        try:
            if request.store:
                self.conversations.append(
                    decision.session.id,
                    turn,
                    complete=outcome.answer is not None,
                    receipt=receipt.id,
                    model=receipt.model,
                    called=partial(program_title, turn, decision.signals.role)
                    if request.front_door == "http"
                    else None,
                )
        except StoreError as error:  # the user has deleted it meanwhile; the receipt stays
            return [_not_saved(error)]
        said = (*request.messages, answer.message)
        self.prefixes.remember(decision.session.id, said, decision.session.match)
        return []


def _not_saved(error: StoreError) -> Notice:
    return Notice("not_saved", f"This turn could not be saved. {error}")
