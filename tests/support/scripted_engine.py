"""An engine that follows a script and tells real events, with a receipt at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace

from edgeroute.core.answer import Answer
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import (
    Answered,
    AttemptEnded,
    Event,
    Failed,
    Folded,
    Notice,
    Planned,
    TextDelta,
)
from edgeroute.core.messages import Image, Text, assistant
from edgeroute.core.model_card import Place
from edgeroute.core.plan import Candidate, Plan, Skipped
from edgeroute.core.reasons import Reasons
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import Signals
from edgeroute.core.usage import Usage
from edgeroute.core.verdict import CLEAR, PrivacyMode, Verdict
from edgeroute.engine.deciding.explanation import Explanation
from edgeroute.engine.deciding.privacy_decision import PrivacyDecision
from tests.support.receipts import attempt, receipt

PLAN = Plan(
    "default",
    "The default.",
    (Candidate("openai/gpt-5.5", Place.CLOUD, "The default."),
     Candidate("local/qwen", Place.LOCAL, "The last resort.", "last_resort")),
    skipped=(Skipped("mock/m", "There is no key for mock."),),
)  # fmt: skip

REASONS = Reasons("The default.", "a plain question, easy", "about $0.0001", ("No key for mock.",))


class ScriptedEngine:
    """Answers ``pieces``; ``error`` ends it badly instead, ``hold`` makes it wait after them."""

    def __init__(
        self,
        pieces: Sequence[str] = ("Hello", " there."),
        *,
        error: EdgeRouteError | None = None,
        hold: bool = False,
        fold: str = "",
        held: Callable[[], None] = lambda: None,
        verdict: Verdict = CLEAR,
        images: Sequence[Image] = (),
    ) -> None:
        self.requests: list[ChatRequest] = []
        self.closed = 0
        self._pieces = pieces
        self._error = error
        self._hold = hold
        self._fold = fold
        self._held = held
        self._verdict = verdict
        self._images = images

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event]:
        """What happens while ``request`` is answered."""
        self.requests.append(request)
        try:
            yield Planned(PLAN, self._verdict, Signals(), PrivacyMode.AUTO, "c1", "r1")
            failed = attempt(model="mock/m", outcome="failed", error="outage", detail="It is down.")
            yield AttemptEnded(1, failed)
            if self._fold:
                yield TextDelta(self._fold)
                yield Folded("mock/m", self._fold, "A better answer stands.")
            for piece in self._pieces:
                yield TextDelta(piece)
            yield Notice("disagreement", "Two models disagree.")
            if self._hold:
                self._held()
                await asyncio.Event().wait()
            text = "".join(self._pieces)
            message = replace(assistant(text), parts=(Text(text), *self._images))
            answer = Answer(message, "stop", Usage(output_visible=2), "openai/gpt-5.5")
            if self._error is None:
                yield Answered(answer, receipt(attempt(), findings={"US_SSN": 1}))
            else:
                bad = receipt(attempt(outcome="failed"), model="", error=self._error.code)
                partial = replace(answer, complete=False) if text else None
                yield Failed(self._error, bad, partial)
        finally:
            self.closed += 1

    async def explain(self, request: ChatRequest, *, full: bool = False) -> Explanation:
        """Where ``request`` would go."""
        self.requests.append(request)
        privacy = PrivacyDecision(PrivacyMode.AUTO, self._verdict)
        return Explanation(privacy, Signals(), PLAN, reasons=REASONS)
