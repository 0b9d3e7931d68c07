"""What became of earlier answers: noted as people go on, asked when a plan is made.

A conversation that goes on accepts its last answer; asking the same again, in other words or of
another model says that it was not good enough; a cascade that escalates says so of the cheap
answer; a thumb is the user's own word. Nothing is kept of prompts that must stay here or that the
user wants nothing kept of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from edgeroute.core.errors import StoreError
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.request import ChatRequest

if TYPE_CHECKING:
    from edgeroute.core.plan import Strategy
    from edgeroute.engine.session import Session
    from edgeroute.routing.outcomes import Advice, Experience, Remembered
    from edgeroute.routing.policy import Policy
    from edgeroute.routing.suggestions import Suggestion
    from edgeroute.routing.tiers import Tiers
    from edgeroute.store.outcomes import Outcome, OutcomeKind, Outcomes

Thumb = Literal["up", "down"]
THUMBS: Final[tuple[Thumb, ...]] = ("up", "down")
Group = Literal["rule", "model", "task"]

# So many of the latest signs are asked: more would make plans slow and say little new.
_MOST: Final = 4_000
# What was learned is put in order again once this share of it is new.
_NEW_SHARE: Final = 0.05
_QUALITY: Final[Mapping[OutcomeKind, float]] = {
    "answered": 0.5,
    "accept": 1.0,
    "retry": 0.0,
    "edit": 0.3,
    "switch": 0.0,
    "escalate": 0.0,
    "up": 1.0,
    "down": 0.0,
}


class Memory:
    """Notes signs of quality in the store, and turns them into advice."""

    def __init__(self, outcomes: Outcomes, models: Path) -> None:
        self._outcomes = outcomes
        self._models = models
        self._remembered: list[Remembered] | None = None
        self._experience: Experience | None = None
        self._new = 0

    def asked(self, session: Session, request: ChatRequest) -> None:
        """A new question in a conversation says what became of the answer before it."""
        if not _is_question(request):
            return
        with suppress(StoreError):
            last = self._before(session, request)
            kind = self._sign(last, request) if last is not None and last.prompt else None
            if last is not None and kind is not None:
                self._note(kind, last)

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
            digest, vector = self._outcomes.digest(prompt), self._packed(prompt)
            # Only the last rung's word shows that those before it were not good enough.
            escalated = strategy == "cascade" and ended[-1].outcome == "answered"
            for attempt in ended:
                if attempt.outcome == "answered":
                    self._add("answered", attempt, receipt, digest, vector)
                elif escalated:
                    self._add("escalate", attempt, receipt, digest, vector)

    def rate(self, receipt: Receipt, thumb: Thumb | None) -> None:
        """The user's own word on an answer; None takes it back.

        Of an answer that had to stay here the word alone is kept, without a trace of the prompt.

        Raises:
            StoreError: it cannot be kept.
        """
        known = self._outcomes.answer(receipt.id)
        self._outcomes.forget(receipt.id, THUMBS)
        self._learned()
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

    def tally(self, by: Group) -> dict[str, tuple[int, int]]:
        """By rule, model or task: how many answers were fine, of those of which it is known.

        Raises:
            StoreError: the record cannot be read.
        """
        from edgeroute.routing.outcomes import FINE  # noqa: PLC0415

        found: dict[str, tuple[int, int]] = {}
        for one in self._outcomes.list():
            fine, known = found.get(getattr(one, by), (0, 0))
            found[getattr(one, by)] = (fine + (one.quality >= FINE), known + 1)
        return found

    def advise(
        self,
        prompt: str,
        chosen: str,
        costs: Mapping[str, Decimal | None],
        policy: Policy,
        task: str,
    ) -> Advice | None:
        """What earlier prompts say about this one: of a cheaper model, else of the chosen one.

        None where too few are alike.
        """
        from edgeroute.routing.outcomes import Advice  # noqa: PLC0415

        with suppress(StoreError):
            vector = self._vector(prompt) if self._known() else None
            if vector is None:
                return None
            experience = self._ordered(len(vector))
            advice = experience.advise(
                vector,
                chosen,
                costs,
                task=task,
                neighbours=policy.neighbours,
                good_enough=policy.good_enough,
            )
            if advice is not None:
                return advice
            own = experience.estimate(chosen, vector, policy.neighbours)
            if own is not None and own.telling:
                return Advice(chosen, own.sentence, own.quality, own.neighbours)
        return None

    def suggestions(self, policy: Policy, tiers: Tiers) -> Sequence[Suggestion]:
        """Changes to rules that the record speaks for; never applied.

        Raises:
            StoreError: the record cannot be read.
        """
        from edgeroute.routing.suggestions import suggest  # noqa: PLC0415

        known = self._known()
        counts = Counter((row.rule, model) for row in known for model in row.outcomes)
        own = {}
        for rule in policy.rules:
            # A rule that names a role stands for the model that has answered most in its place.
            answers = {model: counts[rule.id, model] for model in tiers.all_models(rule.model)}
            own[rule.id] = max(answers, key=answers.__getitem__)
        return suggest(known, own)

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
        self._learned()

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
            self._learned()

    def _learned(self) -> None:
        """Something is new; what was put in order before serves on for a while."""
        self._new += 1
        if self._new > _NEW_SHARE * len(self._remembered or ()):
            self._remembered = self._experience = None

    def _ordered(self, size: int) -> Experience:
        """The record in the order in which it is searched; ``size`` numbers describe a prompt."""
        from edgeroute.routing.outcomes import Experience  # noqa: PLC0415

        if self._experience is None:
            self._experience = Experience.of(
                row for row in self._known() if len(row.vector) == size
            )
        return self._experience

    def _known(self) -> list[Remembered]:
        import numpy as np  # noqa: PLC0415

        from edgeroute.routing.outcomes import Remembered  # noqa: PLC0415

        if self._remembered is not None:
            return self._remembered
        rows: dict[tuple[bytes, str, str], Any] = {}
        for one in self._outcomes.list(limit=_MOST):
            key = (one.prompt or one.receipt.encode(), one.rule, one.task)
            vector = np.frombuffer(one.embedding, "<f2").astype(np.float32)
            _, outcomes = rows.setdefault(key, (vector, {}))
            outcomes.setdefault(
                one.model, (one.quality, None if one.cost is None else float(one.cost))
            )
        self._new = 0
        self._remembered = [
            Remembered(vector=vector, outcomes=outcomes, task=task, rule=rule)
            for (_, rule, task), (vector, outcomes) in rows.items()
        ]
        return self._remembered

    def _packed(self, prompt: str) -> bytes:
        vector = self._vector(prompt)
        return b"" if vector is None else cast("bytes", vector.astype("<f2").tobytes())

    def _vector(self, prompt: str) -> Any:
        """The numbers under which ``prompt`` is remembered; None without the sentence model."""
        from edgeroute.routing.embedding import Embedder  # noqa: PLC0415
        from edgeroute.routing.outcomes import describe  # noqa: PLC0415

        embedder = Embedder.load(self._models / "minilm")
        return None if embedder is None else describe(prompt, embedder)


def _is_question(request: ChatRequest) -> bool:
    """Whether the user speaks; a tool's result belongs to the question that is being answered."""
    new = [*takewhile(lambda m: m.role != "assistant", reversed(request.messages))]
    return bool(new) and new[0].role == "user" and all(m.role != "tool" for m in new)


def _prompt(request: ChatRequest) -> str:
    """What is asked, the same text that advice is given for."""
    from edgeroute.routing.signals import asked  # noqa: PLC0415

    return asked(request.messages)
