"""What earlier answers say of the next one, asked when a plan is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from edgeroute.core.errors import StoreError
from edgeroute.encoders.result_cache import ResultCache, digest

if TYPE_CHECKING:
    from edgeroute.routing.learning.neighbours import Advice, Experience, Remembered
    from edgeroute.routing.learning.suggestions import Suggestion
    from edgeroute.routing.policy.policy import RoutingPolicy
    from edgeroute.routing.policy.tiers import Tiers
    from edgeroute.store.records.outcomes import Outcomes

Group = Literal["rule", "model", "task"]

# So many of the latest signs are asked: more would make plans slow and say little new.
_MOST: Final = 4_000
# What was learned is put in order again once this share of it is new.
_NEW_SHARE: Final = 0.05
_KEPT: Final = 512  # prompts as numbers, of 2 kB each


class Advisor:
    """Turns the outcomes in the store into advice. ``models`` is the folder of model files."""

    def __init__(self, outcomes: Outcomes, models: Path) -> None:
        self._outcomes = outcomes
        self._models = models
        self._remembered: list[Remembered] | None = None
        self._experience: Experience | None = None
        self._new = 0
        self._vectors: ResultCache[Any] = ResultCache(_KEPT)

    def advise(
        self,
        prompt: str,
        chosen: str,
        costs: Callable[[Collection[str]], Mapping[str, Decimal | None]],
        policy: RoutingPolicy,
        task: str,
        *,
        told: bool = True,
    ) -> Advice | None:
        """What earlier prompts say about this one: of a cheaper model, else of the chosen one where
        somebody is ``told``.

        ``costs`` gives those of the models it is asked about that could answer, with what this call
        would cost on each. None where too few prompts are alike.
        """
        from edgeroute.routing.learning.neighbours import FEWEST, Advice  # noqa: PLC0415

        with suppress(StoreError):
            if len(self._known()) < FEWEST:
                return None
            experience = self._ordered()
            able = costs({chosen, *experience.records})
            if not (told or experience.cheaper(chosen, able)):
                return None
            vector = self._vector(prompt)
            if vector is None:
                return None
            advice = experience.advise(
                vector,
                chosen,
                able,
                task=task,
                neighbours=policy.neighbours,
                good_enough=policy.good_enough,
            )
            if advice is not None:
                return advice
            own = experience.estimate(chosen, vector, policy.neighbours) if told else None
            if own is not None and own.telling:
                return Advice(chosen, own.sentence, own.quality, own.neighbours)
        return None

    def suggestions(self, policy: RoutingPolicy, tiers: Tiers) -> Sequence[Suggestion]:
        """Changes to rules that the record speaks for; never applied.

        Raises:
            StoreError: the record cannot be read.
        """
        from edgeroute.routing.learning.suggestions import suggest  # noqa: PLC0415

        known = self._known()
        counts = Counter((row.rule, model) for row in known for model in row.outcomes)
        own = {}
        for rule in policy.rules:
            # A rule that names a role stands for the model that has answered most in its place.
            answers = {model: counts[rule.id, model] for model in tiers.all_models(rule.model)}
            own[rule.id] = max(answers, key=answers.__getitem__)
        return suggest(known, own)

    def tally(self, by: Group) -> dict[str, tuple[int, int]]:
        """By rule, model or task: how many answers were fine, of those of which it is known.

        Raises:
            StoreError: the record cannot be read.
        """
        from edgeroute.routing.learning.neighbours import FINE  # noqa: PLC0415

        found: dict[str, tuple[int, int]] = {}
        for one in self._outcomes.list():
            fine, known = found.get(getattr(one, by), (0, 0))
            found[getattr(one, by)] = (fine + (one.quality >= FINE), known + 1)
        return found

    def learn(self) -> None:
        """Something is new; what was put in order before serves on for a while."""
        self._new += 1
        if self._new > _NEW_SHARE * len(self._remembered or ()):
            self._remembered = self._experience = None

    def _ordered(self) -> Experience:
        """The record in the order in which it is searched."""
        from edgeroute.routing.learning.neighbours import Experience  # noqa: PLC0415
        from edgeroute.routing.signals.embedding import DESCRIBED  # noqa: PLC0415

        if self._experience is None:
            self._experience = Experience.of(
                row for row in self._known() if len(row.vector) == DESCRIBED
            )
        return self._experience

    def _known(self) -> list[Remembered]:
        import numpy as np  # noqa: PLC0415

        from edgeroute.routing.learning.neighbours import Remembered  # noqa: PLC0415

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

    def packed(self, prompt: str) -> bytes:
        """The numbers under which ``prompt`` is kept; empty without the sentence model."""
        vector = self._vector(prompt)
        return b"" if vector is None else cast("bytes", vector.astype("<f2").tobytes())

    def _vector(self, prompt: str) -> Any:
        """The numbers under which ``prompt`` is remembered; None without the sentence model."""
        from edgeroute.routing.signals.embedding import Embedder, describe  # noqa: PLC0415

        embedder = Embedder.load(self._models / "minilm")
        if embedder is None:
            return None
        key = digest(prompt)
        known = self._vectors.get(key)
        return self._vectors.put(key, describe(prompt, embedder)) if known is None else known
