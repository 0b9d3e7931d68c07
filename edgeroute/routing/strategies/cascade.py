"""Cheap first, look at the answer, escalate where it does not hold.

A transcript for a closed question and three rungs (``>>`` the machine's actions, ``<<`` events)::

    cascade = Cascade(("small", "second", "strong"), policy, "How many days ...?")
    >> start()                           Ask(small)
    << Replied(small, "The answer: 31")
    >>                                   Ask(second)           closed: a second opinion
    << Replied(second, "31")
    >>                                   Stand(small)          they agree
    << Replied(second, "30")             ... or, had it said this:
    >>                                   Fold(small), Fold(second), Ask(strong, show=True)
    << Replied(strong, "31")
    >>                                   Stand(strong)

An open question is judged by form, by the model's own probabilities where the engine has them, and
last by a judging model; an answer that nobody can judge stands, and the reason says so. A rung that
fails counts as one that does not hold. Every call is paid for, so every one is on the receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec

from edgeroute.routing.strategies import judges
from edgeroute.routing.strategies.actions import (
    Action,
    Ask,
    Dropped,
    Event,
    Fold,
    Judged,
    NoneStands,
    Replied,
    Stand,
)

_UNCLEAR: Final = "It comes to no clear answer."

Judge = Literal["checks", "agreement", "logprobs", "model"]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class CascadePolicy(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How a cascade is run.

    ``ladder`` names models or roles, cheapest first; the rule's own model is the last rung. A
    second rung before the last also gives the second opinion on closed questions. ``top`` is the
    last rung where the caller asks for a cascade and the rule names none.
    ``confidence`` is what a judge must reach (0..1) for a cheap answer to stand. ``judges`` are
    asked in this order. ``expected_escalation`` is the share of prompts that are thought to need
    the last rung: where cheap calls, their judge and that share would cost more than the last rung
    alone, the cascade is not run. ``judge`` is the model that judges open questions last, usually
    ``local``.
    """

    ladder: tuple[str, ...] = ("small", "second_small")
    top: str = "large"
    confidence: Share = 0.7
    judges: tuple[Judge, ...] = ("checks", "agreement", "logprobs", "model")
    judge: str = "local"
    expected_escalation: Share = 0.4


class Cascade:
    """One request's cascade over ``rungs``, cheap to strong.

    ``judge`` is the model that may judge, ``""`` for none. ``schema`` is the answer's JSON schema.
    """

    def __init__(
        self,
        rungs: Sequence[str],
        policy: CascadePolicy,
        question: str,
        *,
        judge: str = "",
        schema: Mapping[str, object] | None = None,
    ) -> None:
        self._rungs: Final = tuple(rungs)
        self._policy: Final = policy
        self._question: Final = question
        self._closed: Final = judges.is_closed(question)
        self._judge: Final = judge if "model" in policy.judges else ""
        self._schema: Final = schema
        self._position = 0
        self._pending: Replied | None = None
        self._opinions: list[Replied] = []
        self._folded: set[str] = set()

    def start(self) -> list[Action]:
        """Ask the first rung."""
        return [self._ask()]

    def step(self, event: Event) -> list[Action]:
        """What follows from ``event``."""
        match event:
            case Replied():
                return self._replied(event)
            case Judged(text=text):
                return self._judged(judges.judged_score(text))
            case Dropped(reason=reason):
                if self._pending is not None:
                    return self._judged(None)
                return self._escalate(reason)

    @property
    def _last(self) -> bool:
        return self._position == len(self._rungs) - 1

    def _ask(self) -> Ask:
        reason = "The last rung." if self._last else "A cheaper model first."
        wants = not self._last and "logprobs" in self._policy.judges
        return Ask(self._rungs[self._position], reason, show=self._last, logprobs=wants)

    def _replied(self, reply: Replied) -> list[Action]:
        if self._last:
            return [Stand(reply.model, reply.answer, "The last rung of the cascade answered.")]
        if "checks" in self._policy.judges:
            wrong = judges.flaw(reply.answer, self._schema)
            if wrong:
                return self._escalate(wrong, reply)
        closed = self._closed and not reply.answer.message.tool_calls
        if closed and "agreement" in self._policy.judges and len(self._rungs) > 2:
            return self._second_opinion(reply)
        return self._weighed(reply, closed=closed)

    def _weighed(self, reply: Replied, *, closed: bool) -> list[Action]:
        """By its own probabilities, or by a judge."""
        sure = judges.confidence(reply.logprobs) if "logprobs" in self._policy.judges else None
        if sure is not None:
            if closed and not judges.short_answer(reply.answer.text):
                return self._escalate(_UNCLEAR, reply)
            return self._decide(reply, sure, "Its own probability is")
        if self._judge:
            self._pending = reply
            messages = judges.judge_messages(self._question, judges.in_words(reply.answer))
            return [Ask(self._judge, "Judges the cheap answer.", "judge", messages)]
        return [Stand(reply.model, reply.answer, "Its form is in order; nobody could judge more.")]

    def _second_opinion(self, reply: Replied) -> list[Action]:
        if not judges.short_answer(reply.answer.text):
            return self._escalate(_UNCLEAR, reply)
        for earlier in self._opinions:
            if judges.agree(earlier.answer.text, reply.answer.text):
                said = f"{earlier.model} and {reply.model} agree."
                return [Stand(earlier.model, earlier.answer, said)]
        self._opinions.append(reply)
        if self._position + 1 < len(self._rungs) - 1:
            self._position += 1
            return [Ask(self._rungs[self._position], "A second opinion.")]
        said = (
            "The cheap models disagree." if len(self._opinions) > 1 else "Nobody could confirm it."
        )
        return self._escalate(said)

    def _judged(self, score: float | None) -> list[Action]:
        reply, self._pending = self._pending, None
        if reply is None:
            return []
        if score is None:
            said = "Its form is in order; the judge gave no score."
            return [Stand(reply.model, reply.answer, said)]
        return self._decide(reply, score, "The judge's score is")

    def _decide(self, reply: Replied, score: float, what: str) -> list[Action]:
        said = f"{what} {score:.2f}; {self._policy.confidence:.2f} is asked for."
        if score >= self._policy.confidence:
            return [Stand(reply.model, reply.answer, said)]
        return self._escalate(said, reply)

    def _escalate(self, reason: str, reply: Replied | None = None) -> list[Action]:
        """Fold what does not stand and ask the next rung, the strongest of those who are left."""
        if self._last:
            if not self._opinions:
                return [NoneStands(f"No rung of the cascade answered. {reason}")]
            best = self._opinions[0]
            doubt = "The cheap models disagree" if len(self._opinions) > 1 else "It is unconfirmed"
            warning = f"{doubt}, and the strongest model could not be asked."
            return [Stand(best.model, best.answer, reason, warning)]
        given = [opinion.model for opinion in self._opinions] + ([reply.model] if reply else [])
        folds: list[Action] = [Fold(m, reason) for m in given if m not in self._folded]
        self._folded.update(given)
        self._position += 1
        return [*folds, self._ask()]
