"""What trials come to: quality, cost and time by policy, and two policies prompt by prompt."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any, Final

from edgeroute.core.comparison import Comparison, total
from edgeroute.engine.evaluating.evaluation import Opinion, Trial
from edgeroute.engine.evaluating.proportion import Proportion

# Closer scores of a judge mean the same.
_EQUAL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Summary:
    """One policy's trials. Amounts are in USD, times in milliseconds.

    ``cost`` and ``judge_cost`` sum what is known, ``unknown_costs`` counts the rest; ``compared``
    sets the cost of so many ``compared_prompts`` beside one model for everything. ``unjudged``
    counts answers that a judge was to rate and did not, ``judges`` who rated how many, and ``own``
    those that their judge had written itself.
    """

    prompts: int
    answered: int
    quality: Proportion
    by_checks: int
    by_judge: int
    unjudged: int
    cost: Decimal
    unknown_costs: int
    judges: Mapping[str, int]
    own: int
    judge_cost: Decimal
    unknown_judge_costs: int
    median_ms: int
    p95_ms: int
    models: Mapping[str, int]
    compared: Comparison | None = None
    compared_prompts: int = 0

    @property
    def cost_each(self) -> Decimal | None:
        """The cost of one prompt; None where that of any is not known."""
        return None if self.unknown_costs else self.cost / self.prompts


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """How often ``policy`` did better than ``against`` on the same prompt."""

    policy: str
    against: str
    better: int
    equal: int
    worse: int

    @property
    def chance(self) -> float:
        """How likely a difference this clear is by mere chance (two-sided sign test), in 0..1."""
        n, fewer = self.better + self.worse, min(self.better, self.worse)
        as_clear, ways = 0, 1  # ways to choose 0, 1, 2 ... of n, each from the one before
        for k in range(fewer + 1):
            as_clear += ways
            ways = ways * (n - k) // (k + 1)
        return min(1.0, float(Fraction(2 * as_clear, 1 << n)))


def summary(trials: Sequence[Trial]) -> Summary:
    """What ``trials`` (at least one) of one policy come to."""
    rated = [trial for trial in trials if trial.quality is not None]
    costs = [trial.cost for trial in trials if trial.cost is not None]
    opinions = [trial.opinion for trial in trials if trial.opinion is not None]
    judging = [opinion.cost for opinion in opinions if opinion.cost is not None]
    judged = [trial for trial in rated if trial.opinion is not None]
    times = sorted(trial.milliseconds for trial in trials)
    return Summary(
        prompts=len(trials),
        answered=sum(not trial.error for trial in trials),
        quality=Proportion(sum(trial.quality or 0.0 for trial in rated), len(rated)),
        by_checks=sum(trial.by == "checks" for trial in rated),
        by_judge=sum(trial.by == "judge" for trial in rated),
        unjudged=sum(opinion.score is None for opinion in opinions),
        cost=sum(costs, Decimal(0)),
        unknown_costs=len(trials) - len(costs),
        judges=dict(Counter(t.opinion.model for t in judged if t.opinion).most_common()),
        own=sum(t.opinion is not None and t.opinion.model == t.model for t in judged),
        judge_cost=sum(judging, Decimal(0)),
        unknown_judge_costs=len(opinions) - len(judging),
        median_ms=round(median(times)),
        p95_ms=times[math.ceil(0.95 * len(times)) - 1],
        models=dict(Counter(trial.model for trial in trials).most_common()),
        compared=total(trial.compared for trial in trials),
        compared_prompts=sum(trial.compared is not None for trial in trials),
    )


def pairs(results: Mapping[str, Sequence[Trial]]) -> PairedComparison | None:
    """The second policy of ``results`` against the first, on what both were rated for."""
    if len(results) < 2:
        return None
    (first, base), (second, other) = list(results.items())[:2]
    known = {trial.line: trial.quality for trial in base if trial.quality is not None}
    gains = [
        trial.quality - known[trial.line]
        for trial in other
        if trial.quality is not None and trial.line in known
    ]
    better = sum(gain > _EQUAL for gain in gains)
    worse = sum(gain < -_EQUAL for gain in gains)
    return PairedComparison(second, first, better, len(gains) - better - worse, worse)


def as_json(results: Mapping[str, Sequence[Trial]]) -> dict[str, Any]:
    """Everything for other programs; amounts are decimal text in USD, null where unknown."""
    compared = pairs(results)
    return {
        "policies": {name: _policy(trials) for name, trials in results.items() if trials},
        "comparison": None if compared is None else asdict(compared) | {"chance": compared.chance},
    }


def _policy(trials: Sequence[Trial]) -> dict[str, Any]:
    found = summary(trials)
    low, high = found.quality.interval
    rated = found.quality.total
    quality = {
        "mean": found.quality.value if rated else None,
        "low": low if rated else None,
        "high": high if rated else None,
        "rated": rated,
    }
    plain = asdict(found) | {
        "quality": quality,
        "cost": str(found.cost),
        "cost_each": None if found.cost_each is None else str(found.cost_each),
        "judge_cost": str(found.judge_cost),
        "compared": _compared(found.compared),
    }
    return plain | {"answers": [_trial(trial) for trial in trials]}


def _trial(trial: Trial) -> dict[str, Any]:
    fields = asdict(trial)
    fields["cost"] = None if trial.cost is None else str(trial.cost)
    fields["compared"] = _compared(trial.compared)
    fields["opinion"] = _opinion(trial.opinion) if trial.opinion else None
    return fields


def _compared(found: Comparison | None) -> dict[str, str | None] | None:
    """As decimal text, and what routing saved, which may be a loss."""
    if found is None:
        return None
    plain = asdict(found) | {"saved_by_routing": found.saved_by_routing}
    return {name: None if value is None else str(value) for name, value in plain.items()}


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return asdict(opinion) | {"cost": None if opinion.cost is None else str(opinion.cost)}
