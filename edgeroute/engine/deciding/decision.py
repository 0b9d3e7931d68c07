"""What was decided for one request, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from edgeroute.core.messages import Message
from edgeroute.core.plan import Plan
from edgeroute.core.reasons import UNTOLD, Reasons
from edgeroute.core.request import ChatRequest, Sampling, Tier
from edgeroute.core.signals import Signals
from edgeroute.engine.deciding.explanation import Explanation
from edgeroute.engine.deciding.privacy_decision import PrivacyDecision
from edgeroute.engine.deciding.session import Session

if TYPE_CHECKING:
    from edgeroute.engine.deciding.masking import MaskedRequest


@dataclass(frozen=True, slots=True)
class RequestStart:
    """One request under way: its receipt's id and when it began."""

    id: str
    started: datetime
    tick: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one request, before anything is sent.

    ``start`` is None where nothing will be. ``outbound`` is what a managed API would get: the
    request itself, or its masked form. ``local`` is the local model's id; ``judge`` may judge the
    answers of a cascade or an ensemble.
    """

    request: ChatRequest
    outbound: ChatRequest
    session: Session
    privacy: PrivacyDecision
    signals: Signals
    plan: Plan
    tier: Tier
    local: str
    masked: MaskedRequest | None
    otherwise: str
    judge: str
    reasons: Reasons = UNTOLD
    start: RequestStart | None = None

    async def aside(self, messages: tuple[Message, ...]) -> Decision:
        """The decision with which a judge or a verifier is asked ``messages`` about the answer.

        What they hold is masked as the request is. What shapes the user's own answer (tools,
        schema, sampling) does not shape theirs.

        Raises:
            PrivacyRefused: it cannot be masked with certainty.
        """
        from edgeroute.routing.signals.tokens import message_tokens  # noqa: PLC0415

        asked = replace(
            self.request,
            messages=messages,
            tools=(),
            tool_choice="auto",
            parallel_tool_calls=None,
            response_format=None,
            sampling=Sampling(),
            reasoning_effort="",
            extra={},
            source=None,
        )
        outbound = asked
        if self.masked is not None:
            outbound = await self.masked.masker.mask_request(asked)
        signals = replace(self.signals, input_tokens=message_tokens(messages))
        return replace(self, request=asked, outbound=outbound, signals=signals)

    def explanation(self) -> Explanation:
        """The decision as `explain` shows it."""
        asker = self.request.client_name
        return Explanation(
            self.privacy, self.signals, self.plan, self.otherwise, asker, self.reasons
        )
