"""Attempts under way: what each has said so far, what the receipt will say, what came of all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from edgeroute.core.answer import Answer, AnswerDraft, Frame
from edgeroute.core.clock import Clock
from edgeroute.core.errors import (
    EdgeRouteError,
    ErrorKind,
    LocalModelError,
    PrivacyRefused,
    ProviderError,
)
from edgeroute.core.events import (
    Delta,
    Finish,
    ImageDelta,
    LogprobsDelta,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Candidate, Skipped
from edgeroute.core.receipt import Attempt, Outcome
from edgeroute.core.usage import FREE, UNKNOWN_COST, Cost, Usage


class LiveAttempt:
    """Attempt ``number`` with ``candidate``, whose card is ``card``.

    ``prompt_tokens`` is the estimate for what it is asked, in tokens of OpenAI's vocabulary.
    """

    def __init__(
        self, number: int, candidate: Candidate, card: ModelCard, clock: Clock, role: str = "answer"
    ) -> None:
        self.number = number
        self.candidate = candidate
        self.card = card
        self.draft = AnswerDraft(card.id, card.origin)
        self.host = ""
        self.bytes_sent = 0
        self.digest = ""
        self.served_model = ""
        self.prompt_tokens = 0
        self.logprobs: list[float] = []
        self._role = role
        self._clock = clock
        self._started: datetime = clock.now()
        self._tick = clock.monotonic()
        self._first_token_ms: int | None = None

    def sent(self, host: str, size: int) -> None:
        """The request is on its way to ``host``."""
        self.host = host
        self.bytes_sent = size

    def leaving(self, host: str, size: int, digest: str) -> Attempt:
        """What is kept of it before a body of ``size`` bytes leaves for ``host``."""
        self.digest = digest
        attempt = self.ended("interrupted")
        return replace(attempt, host=host, bytes_sent=size, digest=digest, cost=UNKNOWN_COST)

    def add(self, delta: Delta) -> None:
        """Take in one delta."""
        match delta:
            case Frame(untold=untold):
                self.draft.add_frame(delta)
                if untold:
                    self._mark_first_token()
            case TextDelta(text):
                self._mark_first_token()
                self.draft.add_text(text)
            case ReasoningDelta(text, payload):
                self.draft.add_reasoning(text, payload)
            case ToolCallDelta(index, call_id, name, arguments):
                self._mark_first_token()
                self.draft.add_tool_call(index, call_id, name, arguments)
            case ImageDelta(image):
                self._mark_first_token()
                self.draft.add_image(image)
            case UsageDelta(usage, model):
                self.draft.usage = usage
                self.served_model = model or self.served_model
            case LogprobsDelta(values=values):
                self.logprobs += values
            case Finish(reason, _, stop):
                self.draft.finish, self.draft.stop = reason, stop

    def must_have_ended(self) -> None:
        """Check that the model said that its answer is whole.

        Raises:
            ProviderError: a managed API broke off.
            LocalModelError: the local model did.
        """
        if self.draft.finish is not None:
            return
        message = f"{self.card.id} broke off in the middle of its answer."
        if self.card.place is Place.LOCAL:
            raise LocalModelError(message, "Try again.")
        raise ProviderError(
            ErrorKind.OUTAGE, self.card.provider, message, bytes_sent=self.bytes_sent
        )

    def ended(self, outcome: Outcome, error: EdgeRouteError | None = None) -> Attempt:
        """The receipt's line for this attempt."""
        kind = str(error.kind) if isinstance(error, ProviderError | LocalModelError) else ""
        if isinstance(error, ProviderError):
            self.bytes_sent = error.bytes_sent
        elif isinstance(error, PrivacyRefused):
            self.bytes_sent = 0
        usage = self.usage
        return Attempt(
            model=self.card.id,
            place=self.card.place,
            started=self._started,
            outcome=outcome,
            duration_ms=self._elapsed_ms(),
            first_token_ms=self._first_token_ms,
            reason=self.candidate.reason,
            error=kind or (error.code if error else ""),
            detail=error.recorded if error else "",
            status=error.status if isinstance(error, ProviderError) else None,
            host=self.host if self.bytes_sent else "",
            bytes_sent=self.bytes_sent,
            usage=usage,
            cost=self._cost(usage, outcome),
            rate=self._rate(usage),
            role=self._role,
            digest=self.digest if self.bytes_sent else "",
        )

    @property
    def first_token_ms(self) -> int | None:
        """Milliseconds from the start to the first visible piece, if there was one."""
        return self._first_token_ms

    @property
    def usage(self) -> Usage:
        """What the model said that it used; what it did not say is estimated from what came.

        A count that came before the end is of that moment: it holds for the rest only where it is
        no less than what came.
        """
        told, message = self.draft.usage, self.draft.answer().message
        over = self.draft.finish is not None
        if told.reported_cost is not None or (over and told.total) or not (over or message.parts):
            return told
        from edgeroute.routing.signals.tokens import PER_MESSAGE, message_tokens  # noqa: PLC0415

        factor = self.card.token_factor
        said = message_tokens((message,)) - PER_MESSAGE
        came = max(round(said * factor), 1) if message.parts else 0
        if told.input and told.output >= came:
            return told
        rest = max(came - told.output_reasoning, told.output_visible)
        asked = 0 if told.input else round(self.prompt_tokens * factor)
        return replace(
            told,
            input_uncached=told.input_uncached + asked,
            output_visible=rest,
            estimated=bool(asked or came),
        )

    def _cost(self, usage: Usage, outcome: Outcome) -> Cost:
        if self.card.place is Place.LOCAL or (not self.bytes_sent and outcome != "answered"):
            return FREE
        if not usage.total and usage.reported_cost is None:
            return UNKNOWN_COST if outcome in {"answered", "cancelled"} else FREE
        return self.card.prices.cost(usage, self._started)

    def _rate(self, usage: Usage) -> str:
        rate = self.card.prices.rate(self._started, usage.input)
        return f"{rate.input}/{rate.output}" if rate and self.card.place is Place.CLOUD else ""

    def _mark_first_token(self) -> None:
        if self._first_token_ms is None:
            self._first_token_ms = self._elapsed_ms()

    def _elapsed_ms(self) -> int:
        return round((self._clock.monotonic() - self._tick) * 1000)


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
