"""Step 7: receipt, ledger, conversation turn. A full disk costs the record, never the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from edgeroute.core.clock import Clock
from edgeroute.core.errors import StoreError
from edgeroute.core.events import Notice
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt, last_answer
from edgeroute.core.request import ChatRequest
from edgeroute.core.usage import Usage
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.decider import Decision
from edgeroute.engine.deciding.router_state import RouterState
from edgeroute.engine.recording.feedback import Feedback
from edgeroute.engine.recording.spend_alerts import SpendAlerts
from edgeroute.engine.running.live_attempt import RunState

if TYPE_CHECKING:
    from edgeroute.core.model_card import ModelCard
    from edgeroute.store.chats.conversation_prefixes import Prefixes
    from edgeroute.store.chats.conversations import Conversations
    from edgeroute.store.records.ledger import Ledger
    from edgeroute.store.records.receipts import Receipts


@dataclass(frozen=True, slots=True)
class RequestStart:
    """One request under way: its receipt's id and when it began."""

    id: str
    started: datetime
    tick: float


@dataclass(kw_only=True, eq=False, repr=False)
class Recorder:
    """Writes down what happened. ``premium`` is the model that savings are measured against."""

    receipts: Receipts
    ledger: Ledger
    conversations: Conversations
    prefixes: Prefixes
    router_state: RouterState
    watch: SpendAlerts
    feedback: Feedback
    premium: ModelCard | None
    user: str
    clock: Clock

    def receipt(
        self,
        start: RequestStart,
        request: ChatRequest,
        decision: Decision | None,
        outcome: RunState,
    ) -> Receipt:
        """The receipt of a request that has ended."""
        attempts = outcome.attempts
        answered = last_answer(attempts, "answered") or last_answer(attempts, "cancelled")
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
        return replace(
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
            tier=decision.tier,
            input_tokens=decision.signals.input_tokens,
            first_token_ms=outcome.first_token_ms,
            notes=(
                *(opinion.sentence for opinion in decision.privacy.verdict.opinions),
                *decision.plan.notes,
                *outcome.notes,
            ),
            masked=decision.privacy.masked or {},
        )

    def record(
        self, receipt: Receipt, request: ChatRequest, decision: Decision | None, outcome: RunState
    ) -> list[Notice]:
        """Keep ``receipt`` and, where there is one, the conversation's turn.

        What could not be kept, and alerts about money, come back as notices.
        """
        notices: list[Notice] = []
        try:
            cost = receipt.cost.amount
            average = self.ledger.average_cost(receipt.task) if cost else (None, 0)
            self.receipts.add(receipt)
            self.ledger.record(receipt, **self._comparison(receipt))
            if any(attempt.place is Place.CLOUD for attempt in receipt.attempts):
                self.router_state.remember()
            if decision is not None:
                self._keep_turn(receipt, request, decision, outcome)
                self.feedback.asked(decision.session, request)
                self.feedback.answered(request, receipt, decision.plan.strategy)
            if cost:
                alerts = self.watch.after(receipt, cost, average)
                notices += [Notice(one.kind, one.message) for one in alerts]
        except StoreError as error:
            notices.append(Notice("not_saved", f"This turn could not be saved. {error}"))
        return notices

    def _keep_turn(
        self, receipt: Receipt, request: ChatRequest, decision: Decision, outcome: RunState
    ) -> None:
        answer = outcome.answer or outcome.partial
        if answer is None or not decision.session.exists:
            return
        if receipt.route is Place.CLOUD:
            self.router_state.answered(
                decision.session.id, receipt.model, receipt.usage, decision.signals.task
            )
        turn = (*decision.session.new, answer.message)
        self.conversations.append(
            decision.session.id,
            turn,
            complete=outcome.answer is not None,
            receipt=receipt.id,
            model=receipt.model,
        )
        self.prefixes.remember(decision.session.id, (*request.messages, answer.message))

    def _comparison(self, receipt: Receipt) -> dict[str, Decimal | None]:
        """What the premium model would have cost, and what prompt caches saved."""
        usage = receipt.usage
        if not usage.total:
            return {"baseline": None, "cache_saved": None}
        plain = Usage(input_uncached=usage.input, output_visible=usage.output)
        baseline = self.premium.prices.cost(plain, receipt.created).amount if self.premium else None
        return {"baseline": baseline, "cache_saved": self._cache_saved(receipt, usage)}

    def _cache_saved(self, receipt: Receipt, usage: Usage) -> Decimal | None:
        answered = receipt.standing
        if answered is None or answered.place is Place.LOCAL or not answered.rate:
            return None
        uncached = Decimal(answered.rate.partition("/")[0]) * usage.input / 1_000_000
        paid_for_output = Decimal(answered.rate.partition("/")[2]) * usage.output / 1_000_000
        if answered.cost.amount is None or not usage.cache_read:
            return None
        return uncached + paid_for_output - answered.cost.amount
