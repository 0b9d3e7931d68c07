"""Changes to the rules that the record of earlier answers speaks for: shown, never applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edgeroute.routing.learning.neighbours import FINE, Remembered

_SUGGEST_FROM: Final = 12
_AS_GOOD: Final = 0.03
_POOR: Final = 0.7
_Outcome = tuple[float, float | None]  # quality, and cost in USD where it is known


@dataclass(frozen=True, slots=True)
class Replay:
    """The remembered answers of a rule once more, as if ``instead`` had given them.

    ``usd`` is what they cost and ``instead_usd`` what they would have, at each model's mean; None
    where a cost is not known. Of ``both``, which both models answered, ``worse`` were fine before
    and would not have been.
    """

    answers: int
    usd: float | None
    instead_usd: float | None
    both: int
    worse: int

    @property
    def sentence(self) -> str:
        """It in words."""
        said = f"Replayed over {self.answers} answers"
        if self.usd is not None and self.instead_usd is not None:
            said += f": ${self.instead_usd:.4f} instead of ${self.usd:.4f}"
        if not self.both:
            return f"{said}; no prompt was answered by both, so harm is not known."
        return f"{said}; of {self.both} prompts that both answered, {self.worse} came out worse."


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change to a rule that the record speaks for. It is shown, never applied."""

    rule: str
    model: str
    instead: str
    sentence: str
    replay: Replay


def suggest(remembered: Iterable[Remembered], models: Mapping[str, str]) -> list[Suggestion]:
    """Changes to rules that the record speaks for; ``models`` maps a rule's id to its model."""
    tallies: dict[str, dict[str, list[_Outcome]]] = {}
    rows: dict[str, list[Mapping[str, _Outcome]]] = {}
    for row in remembered:
        rows.setdefault(row.rule, []).append(row.outcomes)
        for model, outcome in row.outcomes.items():
            tallies.setdefault(row.rule, {}).setdefault(model, []).append(outcome)
    found = []
    for rule, by_model in tallies.items():
        own = models.get(rule, "")
        ranked = {m: o for m, o in by_model.items() if len(o) >= _SUGGEST_FROM}
        if own in ranked:
            better = _better(own, ranked)
            if better:
                instead, sentence = better
                replay = _replay(own, instead, rows[rule])
                found.append(Suggestion(rule, own, instead, sentence, replay))
    return found


def _replay(own: str, instead: str, rows: Sequence[Mapping[str, _Outcome]]) -> Replay:
    given = [row[own] for row in rows if own in row]
    both = [(row[own][0], row[instead][0]) for row in rows if own in row and instead in row]
    costs, others = (
        [cost for row in rows if name in row and (cost := row[name][1]) is not None]
        for name in (own, instead)
    )
    return Replay(
        len(given),
        _mean(costs) * len(given) if costs else None,
        _mean(others) * len(given) if others else None,
        len(both),
        sum(before >= FINE > after for before, after in both),
    )


def _better(own: str, ranked: Mapping[str, Sequence[_Outcome]]) -> tuple[str, str] | None:
    """The model that would do better, and the sentence that says so."""
    quality = {model: _mean([q for q, _ in outcomes]) for model, outcomes in ranked.items()}
    cost = {model: _mean([c for _, c in rows if c is not None]) for model, rows in ranked.items()}
    cheaper = [m for m in ranked if m != own and cost[m] < cost[own] * 0.8]
    as_good = [m for m in cheaper if quality[m] >= quality[own] - _AS_GOOD]
    if as_good:
        best = min(as_good, key=lambda model: cost[model])
        times = cost[own] / cost[best] if cost[best] else 0
        price = f"at 1/{times:.0f} of the cost" if times else "for nothing"
        said = f"{_tally(best, ranked)}, {_tally(own, ranked)}; {best} does it {price}."
        return best, said
    stronger = max(ranked, key=lambda model: quality[model])
    if quality[own] < _POOR and quality[stronger] > quality[own] + 0.1:
        said = f"only {_tally(own, ranked)}, but {_tally(stronger, ranked)}."
        return stronger, said[0].upper() + said[1:]
    return None


def _tally(model: str, ranked: Mapping[str, Sequence[_Outcome]]) -> str:
    outcomes = ranked[model]
    return f"{sum(q >= FINE for q, _ in outcomes)} of {len(outcomes)} were fine on {model}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
