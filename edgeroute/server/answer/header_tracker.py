"""What is known of an answer while it comes."""

from __future__ import annotations

from dataclasses import replace

from edgeroute.core.events import (
    DOUBTS,
    Answered,
    AttemptStarted,
    Event,
    Failed,
    Notice,
    Planned,
)
from edgeroute.core.model_card import Place
from edgeroute.core.plan import Plan
from edgeroute.core.receipt import Receipt
from edgeroute.server.headers import ResponseHeaders


class HeaderTracker:
    """Learns from the engine's events what the answer's headers tell."""

    def __init__(self) -> None:
        self.headers = ResponseHeaders()
        self.receipt: Receipt | None = None
        self._plan: Plan | None = None

    @property
    def under_way(self) -> bool:
        """Whether a model has been asked."""
        return bool(self.headers.model)

    @property
    def may_withdraw(self) -> bool:
        """Whether words may yet be withdrawn, which a caller who has read them cannot undo."""
        plan = self._plan
        return plan is not None and (plan.strategy != "single" or bool(plan.verify))

    def learn(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Planned(plan=plan, receipt_id=receipt_id):
                self._plan = plan
                self.headers = replace(self.headers, receipt=receipt_id, reason=plan.why)
            case AttemptStarted(model=model, reason=reason):
                self.headers = replace(
                    self.headers,
                    model=model,
                    route=self._place(model),
                    reason=reason or self.headers.reason,
                )
            case Notice(kind=kind, text=text) if kind in DOUBTS:
                self.headers = replace(self.headers, warning=text)
            case Answered(receipt=receipt):
                self.receipt = receipt
                standing = receipt.standing
                self.headers = replace(
                    self.headers,
                    receipt=receipt.id,
                    model=receipt.model,
                    route=receipt.route,
                    reason=standing.reason if standing else self.headers.reason,
                )
            case Failed(receipt=receipt):
                self.receipt = receipt
                self.headers = replace(self.headers, receipt=receipt.id)

    def _place(self, model: str) -> Place | None:
        candidates = self._plan.candidates if self._plan else ()
        return next((each.place for each in candidates if each.model == model), None)
