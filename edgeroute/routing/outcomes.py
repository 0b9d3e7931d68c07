"""What became of earlier answers, and what that says about the next one.

Accepted, retried, edited, escalated, switched and thumbed answers are kept on this machine as a
quality in 0..1 for a prompt and a model. For a new prompt the nearest earlier ones estimate what
each model would achieve and cost, in words that a person can check: "12 of 15 similar prompts were
fine on the cheap model". A trend over all earlier prompts (ridge regression) steadies the estimate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from edgeroute.routing.embedding import SIZE, Embedder
from edgeroute.routing.structure import shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

# An answer of at least this quality was fine.
FINE: Final = 0.5
# With fewer similar prompts than this nothing is said.
FEWEST: Final = 5
# The trend is flattened as if this many prompts spoke for no trend at all.
_FLATTEN: Final = 30.0
# The trend's part of an estimate, which it reaches slowly: half of it at this many prompts.
_TREND: Final = 0.85
_TREND_AT: Final = 200
_SHAPE_SCALE: Final = 0.6
# Similarity counts by its power: near neighbours say more.
_POWER: Final = 4
_SUGGEST_FROM: Final = 12
_AS_GOOD: Final = 0.03
_POOR: Final = 0.7


@dataclass(frozen=True, slots=True)
class Remembered:
    """One prompt, as ``describe`` gives it, and each model's quality (0..1) and cost in USD.

    A cost is ``None`` where it is not known. Prompts without a vector serve ``suggest`` alone.
    """

    vector: Sequence[float] | Array
    outcomes: Mapping[str, tuple[float, float | None]]
    task: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a model is expected to do: ``fine`` of ``neighbours`` similar prompts went well on it.

    ``quality`` (0..1) also leans on the trend of its whole record; ``cost`` is in USD, ``None`` if
    unknown.
    """

    model: str
    quality: float
    cost: float | None
    fine: int
    neighbours: int

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


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change to a rule that the record speaks for. It is shown, never applied."""

    rule: str
    model: str
    instead: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Record:
    """One model's outcomes: rows into the table of vectors, qualities, costs (NaN if unknown)."""

    rows: NDArray[np.int64]
    quality: Array
    cost: Array
    slope: Array
    centre: Array

    def trend(self, vector: Array) -> float:
        """The quality that the whole record suggests, within what was ever seen."""
        raw = float(self.quality.mean() + (vector - self.centre) @ self.slope)
        return min(float(self.quality.max()), max(float(self.quality.min()), raw))


def describe(text: str, embedder: Embedder) -> Array:
    """The numbers under which a prompt is remembered: its sentence vector, then its shape."""
    import numpy as np  # noqa: PLC0415

    form = np.array(shape(text), dtype=np.float32) * np.float32(_SHAPE_SCALE)
    return np.concatenate([embedder.embed(text), form])


@dataclass(slots=True)
class Experience:
    """Remembered prompts, ready to be searched. Build it with ``of``."""

    vectors: Array
    records: Mapping[str, _Record] = field(default_factory=dict)

    @classmethod
    def of(cls, remembered: Iterable[Remembered]) -> Experience:
        """The experience that ``remembered`` makes. Prompts without a vector are left out."""
        import numpy as np  # noqa: PLC0415

        kept = [row for row in remembered if len(row.vector) > 0]
        if not kept:
            return cls(np.zeros((0, SIZE), dtype=np.float32))
        vectors = np.array([row.vector for row in kept], dtype=np.float32)
        by_model: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
        for index, row in enumerate(kept):
            for model, (quality, cost) in row.outcomes.items():
                by_model[model].append((index, quality, np.nan if cost is None else cost))
        records = {}
        for model, found in by_model.items():
            rows = np.array([entry[0] for entry in found], dtype=np.int64)
            qualities = np.array([entry[1] for entry in found], dtype=np.float32)
            costs = np.array([entry[2] for entry in found], dtype=np.float32)
            centre, slope = _trend(vectors[rows], qualities)
            records[model] = _Record(rows, qualities, costs, slope, centre)
        return cls(np.ascontiguousarray(vectors[:, :SIZE]), records)

    def estimate(self, model: str, vector: Array, neighbours: int) -> Estimate | None:
        """What ``model`` is expected to do on the prompt with this ``vector``.

        ``None`` where fewer than ``FEWEST`` of its outcomes are remembered.
        """
        import numpy as np  # noqa: PLC0415

        record = self.records.get(model)
        if record is None or len(record.rows) < FEWEST:
            return None
        whole = np.asarray(vector, dtype=np.float32)
        near = self.vectors[record.rows] @ whole[:SIZE]
        count = min(neighbours, len(near))
        best = np.argpartition(-near, count - 1)[:count]
        weights = np.clip(near[best], 0.01, 1) ** _POWER
        weights *= count / weights.sum()
        quality = record.quality[best]
        around = float(weights @ quality) / count
        part = _TREND * len(record.rows) / (len(record.rows) + _TREND_AT)
        estimated = part * record.trend(whole) + (1 - part) * around
        cost = record.cost[best]
        known = ~np.isnan(cost)
        spent = (
            float((weights[known] @ cost[known]) / weights[known].sum()) if known.any() else None
        )
        return Estimate(model, estimated, spent, int((quality >= FINE).sum()), count)

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
        neighbours: int,
        good_enough: float,
    ) -> Advice | None:
        """The cheapest model that is expected to be good enough, where it is not ``chosen`` itself.

        ``costs`` are the models that could answer, with what this call would cost on each, so that
        what is remembered at old prices does no harm. ``good_enough`` is the quality asked for
        (0..1); where no model reaches it, the best one counts. A cheaper model is advised only
        where it is at most a hair worse than what ``chosen`` is expected to do, if that is known.
        """
        found = self.estimates(vector, costs, neighbours)
        if not found:
            return None
        target = min(good_enough, max(estimate.quality for estimate in found.values()))
        fit = [
            e for e in found.values() if e.quality >= target - 1e-6 and costs[e.model] is not None
        ]
        own = found.get(chosen)
        if own is not None:
            fit = [e for e in fit if e.quality >= min(own.quality, good_enough) - _AS_GOOD]
        best = min(fit, key=lambda e: (costs[e.model] or Decimal(0), -e.quality), default=None)
        if best is None or best.model == chosen:
            return None
        return Advice(best.model, best.sentence, best.quality, best.neighbours)


def _trend(vectors: Array, quality: Array) -> tuple[Array, Array]:
    """The centre of ``vectors`` and the slope of quality over them (ridge regression)."""
    import numpy as np  # noqa: PLC0415

    centre = vectors.mean(axis=0)
    apart = vectors - centre
    ridge = apart.T @ apart + np.float32(_FLATTEN) * np.eye(apart.shape[1], dtype=np.float32)
    return centre, np.linalg.solve(ridge, apart.T @ (quality - quality.mean()))


def suggest(remembered: Iterable[Remembered], models: Mapping[str, str]) -> list[Suggestion]:
    """Changes to rules that the record speaks for; ``models`` maps a rule's id to its model."""
    tallies: dict[str, dict[str, list[tuple[float, float | None]]]] = {}
    for row in remembered:
        for model, outcome in row.outcomes.items():
            tallies.setdefault(row.rule, {}).setdefault(model, []).append(outcome)
    found = []
    for rule, by_model in tallies.items():
        own = models.get(rule, "")
        ranked = {m: o for m, o in by_model.items() if len(o) >= _SUGGEST_FROM}
        if own in ranked:
            better = _better(rule, own, ranked)
            found += [better] if better else []
    return found


def _better(
    rule: str, own: str, ranked: Mapping[str, Sequence[tuple[float, float | None]]]
) -> Suggestion | None:
    quality = {model: _mean([q for q, _ in outcomes]) for model, outcomes in ranked.items()}
    cost = {model: _mean([c for _, c in rows if c is not None]) for model, rows in ranked.items()}
    cheaper = [m for m in ranked if m != own and cost[m] < cost[own] * 0.8]
    as_good = [m for m in cheaper if quality[m] >= quality[own] - _AS_GOOD]
    if as_good:
        best = min(as_good, key=lambda model: cost[model])
        times = cost[own] / cost[best] if cost[best] else 0
        price = f"at 1/{times:.0f} of the cost" if times else "for nothing"
        said = f"{_tally(best, ranked)}, {_tally(own, ranked)}; {best} does it {price}."
        return Suggestion(rule, own, best, said)
    stronger = max(ranked, key=lambda model: quality[model])
    if quality[own] < _POOR and quality[stronger] > quality[own] + 0.1:
        said = f"only {_tally(own, ranked)}, but {_tally(stronger, ranked)}."
        return Suggestion(rule, own, stronger, said[0].upper() + said[1:])
    return None


def _tally(model: str, ranked: Mapping[str, Sequence[tuple[float, float | None]]]) -> str:
    outcomes = ranked[model]
    return f"{sum(q >= FINE for q, _ in outcomes)} of {len(outcomes)} were fine on {model}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
