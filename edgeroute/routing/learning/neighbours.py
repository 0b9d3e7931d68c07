"""What became of earlier answers, and what that says about the next one.

Accepted, retried, edited, escalated, switched and thumbed answers are kept on this machine as a
quality in 0..1 for a prompt and a model. For a new prompt they tell what each model would achieve
and cost, in words that a person can check: "12 of 15 similar prompts were fine on the cheap model".

Advice does no harm as far as the record can tell: it only ever names a cheaper model, and only at a
lead with which, replayed over the remembered prompts, the swap would have cost no quality.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from edgeroute.routing.learning.model_record import ModelRecord
from edgeroute.routing.signals.embedding import SIZE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

# An answer of at least this quality was fine.
FINE: Final = 0.5
# With fewer similar prompts than this nothing is said.
FEWEST: Final = 5
# Prompts on the same matter have a cosine of 0.4 and more; one on another matter has about 0.
_ALIKE: Final = 0.25
# How much the shape of a prompt counts beside its sentence vector, in standard deviations.
_SHAPE_SCALE: Final = 0.2
_LEAST_SPREAD: Final = 0.05
_FARTHEST: Final = 4.0
# The leads that are tried in a replay, and how many answers of each model must speak for one.
_LEADS: Final = (-0.05, -0.03, -0.01, 0.0, 0.02, 0.04, 0.06, 0.1)
_REPLAYED: Final = 12
# How many standard errors the swap must be on the safe side: 95 % sure, on one side. Many swaps are
# tried, so less lets through those that were lucky on the few prompts that are remembered.
_CAUTION: Final = 1.64


@dataclass(frozen=True, slots=True)
class Remembered:
    """One prompt, as ``describe`` gives it, and each model's quality (0..1) and cost in USD.

    A cost is ``None`` where it is not known. Prompts without a vector serve suggestions alone.
    """

    vector: Sequence[float] | Array
    outcomes: Mapping[str, tuple[float, float | None]]
    task: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a model is expected to do: ``fine`` of ``neighbours`` similar prompts went well on it.

    The nearest prompts of a short record may have nothing to do with this one: those are not
    counted, and where few are left there is no experience to speak of (``telling``). ``quality``
    (0..1) leans on the trend of its whole record; ``cost`` is in USD, ``None`` if unknown.
    """

    model: str
    quality: float
    cost: float | None
    fine: int
    neighbours: int

    @property
    def telling(self) -> bool:
        """Whether enough of what is remembered is like this prompt."""
        return self.neighbours >= FEWEST

    @property
    def sentence(self) -> str:
        """The estimate in words."""
        return f"{self.fine} of {self.neighbours} similar prompts were fine on {self.model}."


@dataclass(frozen=True, slots=True)
class Advice:
    """What experience says: ``model`` did well on similar prompts. ``sentence`` explains it."""

    model: str
    sentence: str
    share: float
    neighbours: int


@dataclass(slots=True)
class Experience:
    """Remembered prompts, ready to be searched. Build it with ``of``.

    ``points`` are the prompts as numbers in which distance has a meaning, ``tasks`` their tasks.
    """

    points: Array
    tasks: Sequence[str]
    centre: Array
    spread: Array
    records: Mapping[str, ModelRecord] = field(default_factory=dict)
    _replays: dict[str, Array] = field(default_factory=dict)
    _leads: dict[tuple[str, str, str], float | None] = field(default_factory=dict)

    @classmethod
    def of(cls, remembered: Iterable[Remembered]) -> Experience:
        """The experience that ``remembered`` makes. Prompts without a vector are left out."""
        import numpy as np  # noqa: PLC0415

        kept = [row for row in remembered if len(row.vector) > 0]
        if not kept:
            none = np.zeros(0, dtype=np.float32)
            return cls(none.reshape(0, SIZE), (), none, none)
        vectors = np.array([row.vector for row in kept], dtype=np.float32)
        centre = vectors[:, SIZE:].mean(axis=0)
        spread = np.maximum(vectors[:, SIZE:].std(axis=0), np.float32(_LEAST_SPREAD))
        points = _scaled(vectors, centre, spread)
        by_model: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
        for index, row in enumerate(kept):
            for model, (quality, cost) in row.outcomes.items():
                by_model[model].append((index, quality, np.nan if cost is None else cost))
        records = {}
        for model, found in by_model.items():
            rows = np.array([entry[0] for entry in found], dtype=np.int64)
            quality_of = np.array([entry[1] for entry in found], dtype=np.float32)
            cost_of = np.array([entry[2] for entry in found], dtype=np.float32)
            records[model] = ModelRecord.of(rows, points[rows], quality_of, cost_of)
        return cls(points, [row.task for row in kept], centre, spread, records)

    def estimate(self, model: str, vector: Array, neighbours: int) -> Estimate | None:
        """What ``model`` is expected to do on the prompt with this ``vector``.

        ``None`` where fewer than ``FEWEST`` of its outcomes are remembered.
        """
        import numpy as np  # noqa: PLC0415

        record = self.records.get(model)
        if record is None or len(record.rows) < FEWEST:
            return None
        point = _scaled(np.asarray(vector, dtype=np.float32)[None, :], self.centre, self.spread)
        (best,), (weights,) = record.nearest(point, neighbours)
        cost = record.cost[best]
        known = ~np.isnan(cost)
        spent = (
            float((weights[known] @ cost[known]) / weights[known].sum()) if known.any() else None
        )
        alike = record.points[best, :SIZE] @ point[0, :SIZE] >= _ALIKE
        fine = int((alike & (record.quality[best] >= FINE)).sum())
        quality = float(record.expected(point)[0])
        return Estimate(model, quality, spent, fine, int(alike.sum()))

    def estimates(
        self, vector: Array, models: Collection[str], neighbours: int
    ) -> dict[str, Estimate]:
        """The estimates of those ``models`` of which enough is remembered."""
        found = (self.estimate(model, vector, neighbours) for model in models)
        return {estimate.model: estimate for estimate in found if estimate is not None}

    def advise(
        self,
        vector: Array,
        chosen: str,
        costs: Mapping[str, Decimal | None],
        *,
        task: str = "",
        neighbours: int,
        good_enough: float,
    ) -> Advice | None:
        """The cheapest model that may take the place of ``chosen`` without harm, if there is one.

        ``costs`` are the models that could answer, with what this call would cost on each, so that
        what is remembered at old prices does no harm. Where nothing is known of ``chosen``, a
        cheaper model must be expected to reach ``good_enough`` (0..1).
        """
        cheaper = self.cheaper(chosen, costs)
        found = self.estimates(vector, [*cheaper, chosen], neighbours)
        own = found.pop(chosen, None)
        fit = []
        for model, estimate in found.items():
            if own is None:
                harmless = estimate.quality >= good_enough
            else:
                lead = self.lead(model, chosen, task)
                harmless = lead is not None and estimate.quality - own.quality >= lead
            if harmless and estimate.telling:
                fit.append(estimate)
        best = min(fit, key=lambda e: (costs[e.model] or Decimal(0), -e.quality), default=None)
        if best is None:
            return None
        return Advice(best.model, best.sentence, best.quality, best.neighbours)

    def cheaper(self, chosen: str, costs: Mapping[str, Decimal | None]) -> list[str]:
        """The models that are cheaper than ``chosen``, and of which enough is remembered."""
        most = costs.get(chosen)
        return [
            model
            for model, cost in costs.items()
            if model != chosen
            and cost is not None
            and (cost < most if most else cost == 0)
            and model in self.records
            and len(self.records[model].rows) >= FEWEST
        ]

    def lead(self, model: str, own: str, task: str) -> float | None:
        """How far ahead of ``own`` ``model`` must be expected to be, to take its place unharmed.

        It may be behind by a hair where the record shows that this is enough. The remembered
        prompts of ``task`` are replayed, each judged by the others alone. ``None`` where no lead is
        shown to do no harm.
        """
        key = (model, own, task)
        if key not in self._leads:
            self._leads[key] = self._least_lead(*key)
        return self._leads[key]

    def _least_lead(self, model: str, own: str, task: str) -> float | None:
        import numpy as np  # noqa: PLC0415

        ahead = self._replayed(model) - self._replayed(own)
        same = np.array([not task or other == task for other in self.tasks])
        theirs, mine = self._seen(model), self._seen(own)
        for lead in _LEADS:
            taken = same & (ahead >= lead)
            both = taken & ~np.isnan(theirs) & ~np.isnan(mine)
            if both.sum() >= _REPLAYED:
                change = theirs[both] - mine[both]
                gain, doubt = change.mean(), change.std() / len(change) ** 0.5
            else:
                other, before = (seen[taken & ~np.isnan(seen)] for seen in (theirs, mine))
                if min(len(other), len(before)) < _REPLAYED:
                    return None
                gain = other.mean() - before.mean()
                doubt = (other.var() / len(other) + before.var() / len(before)) ** 0.5
            if gain >= _CAUTION * doubt:
                return lead
        return None

    def _seen(self, model: str) -> Array:
        """The quality of ``model`` on each remembered prompt, NaN where it was not asked."""
        import numpy as np  # noqa: PLC0415

        record = self.records[model]
        seen = np.full(len(self.points), np.nan, dtype=np.float32)
        seen[record.rows] = record.quality
        return seen

    def _replayed(self, model: str) -> Array:
        """The quality to expect of ``model`` on each remembered prompt, not knowing its outcome."""
        if model not in self._replays:
            record = self.records[model]
            expected = record.expected(self.points)
            expected[record.rows] = record.held_out()
            self._replays[model] = expected
        return self._replays[model]


def _scaled(vectors: Array, centre: Array, spread: Array) -> Array:
    """``vectors`` with their shapes in standard deviations."""
    import numpy as np  # noqa: PLC0415

    form = ((vectors[:, SIZE:] - centre) / spread).clip(-_FARTHEST, _FARTHEST)
    return np.concatenate([vectors[:, :SIZE], np.float32(_SHAPE_SCALE) * form], axis=1)
