"""What became of earlier answers, noted as people go on.

A conversation that goes on accepts its last answer; asking the same again, in other words or of
another model says that it was not good enough; a cascade that escalates says so of the cheap
answer; a thumb is the user's own word. Where the user wants it, tests that an agent ran and edits
that it took back are signs too. Nothing is kept of prompts that must stay here or that the
user wants nothing kept of. Where many are asked at once, not each is read for what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING, Final, Literal

from edgeroute.core.errors import StoreError
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.request import ChatRequest
from edgeroute.engine.recording.allowance import Allowance

if TYPE_CHECKING:
    from edgeroute.core.plan import Strategy
    from edgeroute.engine.deciding.advisor import Advisor
    from edgeroute.engine.deciding.session import Session
    from edgeroute.store.records.outcomes import Outcome, OutcomeKind, Outcomes

Thumb = Literal["up", "down"]
THUMBS: Final[tuple[Thumb, ...]] = ("up", "down")
_QUALITY: Final[Mapping[OutcomeKind, float]] = {
    "answered": 0.5,
    "accept": 1.0,
    "retry": 0.0,
    "edit": 0.3,
    "switch": 0.0,
    "escalate": 0.0,
    "up": 1.0,
    "down": 0.0,
    "passed": 1.0,
    "failed": 0.0,
    "reverted": 0.0,
}


class Feedback:
    """Notes signs of quality in the store; ``advisor`` reads them when a plan is made. ``steps``
    says whether the steps of agents are read for them.
    """

    def __init__(self, outcomes: Outcomes, advisor: Advisor, *, steps: bool = False) -> None:
        self._outcomes = outcomes
        self._advisor = advisor
        self._steps = steps
        self._allowance = Allowance()

    def asked(self, session: Session, request: ChatRequest) -> None:
        """A new question in a conversation says what became of the answer before it, and so may the
        result of a tool.
        """
        if not _is_question(request):
            if self._steps and request.store:
                self._worked(session, request)
            return
        with suppress(StoreError):
            last = self._before(session, request)
            kind = self._sign(last, request) if last is not None and last.prompt else None
            if last is not None and kind is not None:
                self._note(kind, last)

    def _worked(self, session: Session, request: ChatRequest) -> None:
        """A step of an agent; of a prompt that must stay here nothing is known, nor kept."""
        from edgeroute.routing.learning.agent_signs import sign_of  # noqa: PLC0415

        sign = sign_of(request.messages)
        if not sign:
            return
        with suppress(StoreError):
            last = self._outcomes.last_answer(session.id)
            if last is not None and last.prompt:
                self._note(sign, last)

    def _before(self, session: Session, request: ChatRequest) -> Outcome | None:
        """The answer that ``request`` says something of; a thumb was the last word on its own."""
        if request.replaces:
            rated = self.thumb(request.replaces)
            return None if rated else self._outcomes.answer(request.replaces)
        last = self._outcomes.last_answer(session.id)
        if last is not None or not session.origin:
            return last
        # Programs ask again by leaving the last answer out of the history: a branch begins.
        last = self._outcomes.last_answer(session.origin)
        again = last is not None and self._outcomes.digest(_prompt(request)) == last.prompt
        return last if again else None

    def _sign(self, last: Outcome, request: ChatRequest) -> OutcomeKind | None:
        """What ``request`` says of the ``last`` answer; None where it says nothing."""
        if self._outcomes.digest(_prompt(request)) != last.prompt:
            if request.replaces:
                return "edit"
            # Without an answer in its history the request may have nothing to do with it.
            went_on = any(message.role == "assistant" for message in request.messages)
            return "accept" if went_on else None
        if request.model.partition("/")[0] == "local":
            return None  # Asked again to keep it here, not to have it better.
        return "retry" if request.model in {"", "auto", last.model} else "switch"

    def answered(self, request: ChatRequest, receipt: Receipt, strategy: Strategy) -> None:
        """Remember an answer that left this machine or might have, until its fate is known."""
        kept_back = receipt.private or receipt.masked or not request.store
        if kept_back or not receipt.model:
            return
        tried = [a for a in receipt.attempts if a.role == "answer"]
        ended = [a for a in tried if a.outcome in {"answered", "rejected"}]
        if not ended:
            return
        with suppress(StoreError):
            prompt = _prompt(request)
            digest, vector = self._outcomes.digest(prompt), self._vector(prompt)
            # Only the last rung's word shows that those before it were not good enough.
            escalated = strategy == "cascade" and ended[-1].outcome == "answered"
            for attempt in ended:
                if attempt.outcome == "answered":
                    self._add("answered", attempt, receipt, digest, vector)
                elif escalated:
                    self._add("escalate", attempt, receipt, digest, vector)

    def _vector(self, prompt: str) -> bytes:
        """The numbers under which ``prompt`` is kept; none while more is asked than may be read."""
        if self._allowance.left <= 0:
            return b""
        with self._allowance.spending():
            return self._advisor.packed(prompt)

    def rate(self, receipt: Receipt, thumb: Thumb | None) -> None:
        """The user's own word on an answer; None takes it back.

        Of an answer that had to stay here the word alone is kept, without a trace of the prompt.

        Raises:
            StoreError: it cannot be kept.
        """
        known = self._outcomes.answer(receipt.id)
        self._outcomes.forget(receipt.id, THUMBS)
        self._advisor.learn()
        if thumb is None:
            return
        if known is not None:
            self._note(thumb, known)
            return
        if receipt.standing is not None:
            self._add(thumb, receipt.standing, receipt, b"", b"")

    def thumb(self, receipt: str) -> Thumb | None:
        """The user's own word on the answer with this receipt, if there is one.

        Raises:
            StoreError: the record cannot be read.
        """
        signs = self._outcomes.signs(receipt)
        return next((sign.kind for sign in signs if sign.kind in THUMBS), None)

    def _note(self, kind: OutcomeKind, about: Outcome) -> None:
        self._outcomes.add(
            kind,
            about.prompt,
            about.model,
            _QUALITY[kind],
            cost=about.cost,
            embedding=about.embedding,
            task=about.task,
            rule=about.rule,
            receipt=about.receipt,
        )
        self._advisor.learn()

    def _add(
        self, kind: OutcomeKind, attempt: Attempt, receipt: Receipt, prompt: bytes, vector: bytes
    ) -> None:
        self._outcomes.add(
            kind,
            prompt,
            attempt.model,
            _QUALITY[kind],
            cost=attempt.cost.amount,
            embedding=vector,
            task=receipt.task,
            rule=receipt.rule,
            receipt=receipt.id,
        )
        if kind != "answered":
            self._advisor.learn()


def _is_question(request: ChatRequest) -> bool:
    """Whether the user speaks; a tool's result belongs to the question that is being answered."""
    new = [*takewhile(lambda m: m.role != "assistant", reversed(request.messages))]
    return bool(new) and new[0].role == "user" and all(m.role != "tool" for m in new)


def _prompt(request: ChatRequest) -> str:
    """What is asked, the same text that advice is given for."""
    from edgeroute.routing.signals.turns import asked  # noqa: PLC0415

    return asked(request.messages)
