"""Changes to the rules that the record of earlier answers speaks for: shown, never applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edgeroute.routing.learning.neighbours import FINE, Remembered

_SUGGEST_FROM: Final = 12
_AS_GOOD: Final = 0.03
_POOR: Final = 0.7


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change to a rule that the record speaks for. It is shown, never applied."""

    rule: str
    model: str
    instead: str
    sentence: str


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
