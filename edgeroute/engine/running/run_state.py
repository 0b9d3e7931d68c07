"""What came of a request while it was answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from edgeroute.core.answer import Answer
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.plan import Skipped
from edgeroute.core.receipt import Attempt
from edgeroute.engine.running.live_attempt import LiveAttempt


@dataclass(slots=True)
class RunState:
    """Without an ``answer`` there is an ``error``.

    ``notes`` say why this answer of several stands and who doubts it, without its words;
    ``failures`` are those of a strategy's models; ``under_way`` is the attempt that runs now.
    """

    attempts: list[Attempt] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    answer: Answer | None = None
    error: EdgeRouteError | None = None
    partial: Answer | None = None
    notes: list[str] = field(default_factory=list)
    failures: list[EdgeRouteError] = field(default_factory=list)
    first_token_ms: int | None = None
    under_way: LiveAttempt | None = None

    def cancelled(self) -> None:
        """The user stopped it: what was shown so far is kept."""
        if self.under_way is not None:
            self.attempts.append(self.under_way.ended("cancelled"))
            if self.answer is None and not self.under_way.draft.empty:
                self.partial = self.under_way.draft.answer()
            self.under_way = None
