"""What became of earlier answers: noted as people go on, asked when a plan is made.

A conversation that goes on accepts its last answer; asking the same again says that it was not
good enough; a cascade that escalates says so of the cheap answer. Nothing is kept of prompts that
must stay here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal

from edgeroute.core.errors import StoreError
from edgeroute.core.receipt import Receipt

if TYPE_CHECKING:
    from edgeroute.routing.embedding import Embedder
    from edgeroute.routing.outcomes import Advice, Experience, Remembered, Suggestion
    from edgeroute.routing.policy import Policy
    from edgeroute.store.outcomes import OutcomeKind, Outcomes

Thumb = Literal["up", "down"]

_KNOWN_TALKS: Final = 500
_QUALITY: Final[Mapping[str, float]] = {
    "accept": 1.0,
    "retry": 0.0,
    "switch": 0.0,
    "escalate": 0.0,
    "up": 1.0,
    "down": 0.0,
}


@dataclass(frozen=True, slots=True)
class _Answered:
    """The last answer of a conversation, until it is known what became of it."""

    prompt: bytes
    vector: bytes
    model: str
    cost: Decimal | None
    task: str
    rule: str
    receipt: str


class Memory:
    """Notes signs of quality in the store, and turns them into advice."""

    def __init__(self, outcomes: Outcomes, models: Path) -> None:
        self._outcomes = outcomes
        self._models = models
        self._last: dict[str, _Answered] = {}
        self._lock = Lock()
        self._embedder: Embedder | None = None
        self._looked = False
        self._experience: Experience | None = None

    def asked(self, conversation: str, prompt: str, model: str) -> None:
        """A new message in ``conversation`` says what became of the answer before it."""
        last = self._last.pop(conversation, None)
        if last is None:
            return
        with suppress(StoreError):
            if self._outcomes.digest(prompt) != last.prompt:
                self._note("accept", last)
            else:
                other = model not in {"", "auto", last.model}
                self._note("switch" if other else "retry", last)

    def answered(self, conversation: str, prompt: str, receipt: Receipt) -> None:
        """Remember an answer that left this machine or might have, until its fate is known."""
        if receipt.private or not receipt.model:
            return
        with suppress(StoreError):
            digest = self._outcomes.digest(prompt)
            vector = self._vector(prompt)
            packed = b"" if vector is None else vector.astype("<f2").tobytes()
            for attempt in receipt.attempts:
                if attempt.role != "answer" or attempt.outcome not in {"answered", "rejected"}:
                    continue
                about = _Answered(
                    digest, packed, attempt.model, attempt.cost.amount, receipt.task,
                    receipt.rule, receipt.id,
                )  # fmt: skip
                if attempt.outcome == "rejected":
                    self._note("escalate", about)
                else:
                    while len(self._last) >= _KNOWN_TALKS:
                        del self._last[next(iter(self._last))]
                    self._last[conversation] = about

    def thumb(self, conversation: str, thumb: Thumb) -> bool:
        """The user's own word on the last answer; false where there is none to speak of.

        Raises:
            StoreError: it cannot be kept.
        """
        last = self._last.pop(conversation, None)
        if last is None:
            return False
        self._note(thumb, last)
        return True

    def advise(
        self, prompt: str, chosen: str, costs: Mapping[str, Decimal | None], policy: Policy
    ) -> Advice | None:
        """What earlier prompts say about this one; None where too few are alike."""
        if len(costs) < 2:
            return None
        with suppress(StoreError):
            experience = self._known()
            vector = self._vector(prompt) if experience and experience.records else None
            if experience is not None and vector is not None:
                return experience.advise(
                    vector,
                    chosen,
                    costs,
                    neighbours=policy.neighbours,
                    good_enough=policy.good_enough,
                )
        return None

    def suggestions(self, policy: Policy) -> Sequence[Suggestion]:
        """Changes to rules that the record speaks for; never applied.

        Raises:
            StoreError: the record cannot be read.
        """
        from edgeroute.routing.outcomes import suggest  # noqa: PLC0415

        return suggest(self._remembered(), {rule.id: rule.model for rule in policy.rules})

    def _note(self, kind: OutcomeKind, about: _Answered) -> None:
        self._outcomes.add(
            kind,
            about.prompt,
            about.model,
            _QUALITY[kind],
            cost=about.cost,
            embedding=about.vector,
            task=about.task,
            rule=about.rule,
            receipt=about.receipt,
        )
        self._experience = None

    def _known(self) -> Experience | None:
        from edgeroute.routing.outcomes import Experience  # noqa: PLC0415

        if self._experience is None:
            self._experience = Experience.of(self._remembered())
        return self._experience

    def _remembered(self) -> list[Remembered]:
        import numpy as np  # noqa: PLC0415

        from edgeroute.routing.outcomes import Remembered  # noqa: PLC0415

        rows: dict[tuple[bytes, str], Any] = {}
        for one in self._outcomes.list():
            key = (one.prompt, one.rule)
            _, outcomes = rows.setdefault(
                key, (np.frombuffer(one.embedding, "<f2").astype(np.float32), {})
            )
            outcomes.setdefault(
                one.model, (one.quality, None if one.cost is None else float(one.cost))
            )
        return [
            Remembered(vector=vector, outcomes=outcomes, rule=rule)
            for (_, rule), (vector, outcomes) in rows.items()
        ]

    def _vector(self, prompt: str) -> Any:
        """The numbers under which ``prompt`` is remembered; None without the sentence model."""
        from edgeroute.routing.embedding import Embedder  # noqa: PLC0415
        from edgeroute.routing.outcomes import describe  # noqa: PLC0415

        with self._lock:
            if not self._looked:
                self._looked = True
                self._embedder = Embedder.load(self._models / "minilm")
        return None if self._embedder is None else describe(prompt, self._embedder)
