# ruff: noqa: T201 - it prints its tables
"""What routing from remembered outcomes saves, on tables of real outcomes, beside baselines.

    python -m tests.bench.routing_outcomes --data outcomes.jsonl.gz --models DIR [--cache FILE]

Each line of the file is one prompt: ``{"benchmark", "prompt", "outcomes": {model: outcome}}``, an
outcome having ``correct`` or ``score``, ``cost`` and perhaps ``answer``. The prompts of each
benchmark are drawn into two parts several times: two thirds are remembered and fix, by five folds,
how much cost counts; the last third is scored and nothing is tuned on it. Printed are the mean over
the draws and, since it is wide, their range. Sentence vectors are kept in ``--cache`` between runs.

APGR is the share of the gap between a weak and a strong model that is closed, averaged over all
shares of calls to the strong one (random: 0.5). PGR is that share at one cost.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import sys
import zlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from edgeroute.routing.learning.neighbours import Experience, Remembered
from edgeroute.routing.signals.embedding import Embedder, describe

NEIGHBOURS: Final = 15
DRAWS: Final = 300
DRAWN: Final = 5
# Models whose answers cost hidden reasoning are not in the tables; routerarena is never read.
LEFT_OUT: Final = ("routerarena",)
PAIRS: Final = {
    "routellm_mmlu": ("Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview", 1_500),
    "routellm_gsm8k": ("Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview", 626),
}
CHOICES: Final = ("ulab_llmrouter", "mmlu_pro")
POOL: Final = ("zeroeval_gsm", "zeroeval_math_l5", "zeroeval_crux")


def quality(outcome: dict[str, Any]) -> float:
    """An outcome's quality in 0..1."""
    return float(outcome.get("correct", outcome.get("score", 0.0)))


def read(path: Path, most: int) -> dict[str, list[dict[str, Any]]]:
    """Prompts by benchmark, in a fixed order that has nothing to do with their content."""
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if not row["benchmark"].startswith(LEFT_OUT):
                tables[row["benchmark"]].append(row)
    for rows in tables.values():
        rows.sort(key=lambda row: zlib.crc32(row["prompt"].encode()))
        del rows[most:]
    return tables


class Vectors:
    """Prompts as the product describes them, kept in a file between runs."""

    def __init__(self, models: Path, cache: Path | None) -> None:
        found = Embedder.load(models / "minilm")
        if found is None:
            sys.exit("There is no sentence model in the folder.")
        self._embedder = found
        self._cache = cache
        self._known: dict[str, Any] = {}
        if cache is not None and cache.is_file():
            with np.load(cache) as stored:
                self._known = dict(zip(stored["k"].tolist(), stored["v"], strict=True))

    def embed(self, text: str, window: tuple[int, int]) -> Any:
        """The sentence vector, from the file where it is known."""
        key = hashlib.sha1(f"{window} {text}".encode(), usedforsecurity=False).hexdigest()
        if key not in self._known:
            self._known[key] = self._embedder.embed(text, window)
        return self._known[key]

    def save(self) -> None:
        """Keep the vectors for the next run."""
        if self._cache is not None:
            np.savez(
                self._cache, k=np.array(list(self._known)), v=np.array(list(self._known.values()))
            )


def remember(rows: Sequence[dict[str, Any]], vectors: Vectors) -> Experience:
    """The product's experience of ``rows``."""
    return Experience.of(
        Remembered(
            describe(row["prompt"], vectors),  # type: ignore[arg-type]
            {m: (quality(o), o.get("cost")) for m, o in row["outcomes"].items()},
        )
        for row in rows
    )


def area(order: Any, gain: Any) -> float:
    """APGR of asking the strong model in this order of need."""
    curve = np.concatenate([[0.0], np.cumsum(gain[np.argsort(-order, kind="stable")])])
    return float(curve.mean() / gain.sum()) if gain.sum() > 0 else float("nan")


def interval(order: Any, gain: Any) -> str:
    """A bootstrap interval of the area."""
    draw = np.random.default_rng(1)
    picks = (draw.integers(0, len(gain), len(gain)) for _ in range(DRAWS))
    values = sorted(area(order[pick], gain[pick]) for pick in picks)
    return f"[{values[int(DRAWS * 0.025)]:.3f}, {values[int(DRAWS * 0.975)]:.3f}]"


def two_models(name: str, rows: list[dict[str, Any]], vectors: Vectors) -> None:
    """APGR of two-model routing, several times drawn; small tables are scored by five folds."""
    weak, strong, size = PAIRS[name]
    folds = 5 if len(rows) <= 2 * size else 1
    gain = np.array([quality(r["outcomes"][strong]) - quality(r["outcomes"][weak]) for r in rows])
    points = [describe(row["prompt"], vectors) for row in rows]  # type: ignore[arg-type]
    found, last = [], ""
    for draw in range(DRAWN):
        order = np.random.default_rng(draw).permutation(len(rows))
        scored, needs = order[:0], np.zeros(len(rows))
        for fold in range(folds):
            out = order[fold::folds] if folds > 1 else order[size:]
            inside = [rows[n] for n in np.setdiff1d(order, out)]
            experience = remember(inside, vectors)
            for n in out:
                good = experience.estimate(strong, points[n], NEIGHBOURS)
                bad = experience.estimate(weak, points[n], NEIGHBOURS)
                needs[n] = good.quality - bad.quality if good and bad else 0.0
            scored = np.concatenate([scored, out])
        found.append(area(needs[scored], gain[scored]))
        last = interval(needs[scored], gain[scored])
    part = size if folds == 1 else "four fifths"
    length = np.array([len(row["prompt"]) for row in rows], dtype=float)
    chance = np.random.default_rng(0).random(len(rows))
    print(f"\n{name}: {weak} to {strong}, {part} remembered, n={len(scored)}, {DRAWN} draws")
    print(f"    outcome memory   APGR {spread(found)}; interval of the last draw {last}")
    for title, needed in (("prompt length", length), ("random", chance)):
        print(f"    {title:16} APGR {area(needed, gain):.3f} {interval(needed, gain)}")


def spread(values: Sequence[float]) -> str:
    """Mean and range."""
    return f"{np.mean(values):.3f} (draws {min(values):.3f} to {max(values):.3f})"


def choose(quality_of: Any, cost_of: Any, price: float) -> Any:
    """The model with the best estimated quality after its cost, row by row."""
    return (quality_of - price * cost_of).argmax(axis=1)


def guesses(
    experience: Experience, rows: list[dict[str, Any]], models: list[str], vectors: Vectors
) -> tuple[Any, Any]:
    """Estimated quality and cost, a row for each prompt and a column for each model."""
    good, price = np.zeros((len(rows), len(models))), np.zeros((len(rows), len(models)))
    for i, row in enumerate(rows):
        near = describe(row["prompt"], vectors)  # type: ignore[arg-type]
        for j, model in enumerate(models):
            found = experience.estimate(model, near, NEIGHBOURS)
            assert found is not None
            good[i, j], price[i, j] = found.quality, found.cost or 0.0
    return good, price


def truths(rows: list[dict[str, Any]], models: list[str]) -> tuple[Any, Any]:
    """Real quality and cost, a row for each prompt and a column for each model."""
    good = np.array([[quality(row["outcomes"][model]) for model in models] for row in rows])
    return good, np.array([[row["outcomes"][model]["cost"] for model in models] for row in rows])


def common(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The models that answered every prompt."""
    return [m for m in rows[0]["outcomes"] if all(m in row["outcomes"] for row in rows)]


def drawn(rows: list[dict[str, Any]], draw: int) -> tuple[list[Any], list[Any]]:
    """Two thirds to remember, and a third to score."""
    mixed = [rows[n] for n in np.random.default_rng(draw).permutation(len(rows))]
    return mixed[: len(rows) * 2 // 3], mixed[len(rows) * 2 // 3 :]


def many_models(name: str, rows: list[dict[str, Any]], vectors: Vectors) -> None:
    """Cost at a share of the best single model's quality."""
    results = [_many(*drawn(rows, draw), common(rows), vectors) for draw in range(DRAWN)]
    print(f"\n{name}: {len(common(rows))} models, {len(rows)} prompts, {DRAWN} draws")
    for title in results[0]:
        columns = list(zip(*(result[title] for result in results), strict=True))
        words = ("its quality", "at its cost", "cheapest single at")[: len(columns)]
        said = "; ".join(f"{w} {spread(c)}" for w, c in zip(words, columns, strict=True))
        print(f"    {title}: {said}")


def _many(
    known: list[Any], scored: list[Any], models: list[str], vectors: Vectors
) -> dict[str, tuple[float, ...]]:
    good, spent = truths(known, models)
    best = int(good.mean(axis=0).argmax())
    unit = 1 / spent[:, best].mean()
    folds = np.arange(len(known)) % 5
    guess, price = np.zeros_like(good), np.zeros_like(good)
    for fold in range(5):
        inside = remember([row for row, f in zip(known, folds, strict=True) if f != fold], vectors)
        part = [row for row, f in zip(known, folds, strict=True) if f == fold]
        guess[folds == fold], price[folds == fold] = guesses(inside, part, models, vectors)
    real, paid = truths(scored, models)
    told = guesses(remember(known, vectors), scored, models, vectors)
    rates = np.geomspace(2.0, 1e-4, 80)
    reached = [good[np.arange(len(good)), choose(guess, price * unit, r)].mean() for r in rates]
    at = np.arange(len(real))
    result: dict[str, tuple[float, ...]] = {}
    whole, dear = real[:, best].mean(), paid[:, best].mean()
    for share in (0.95, 0.99, 1.0):
        wanted = share * good[:, best].mean()
        enough = [r for r, value in zip(rates, reached, strict=True) if value >= wanted]
        picked = choose(told[0], told[1] * unit, enough[0] if enough else rates[-1])
        singles = [
            paid[:, j].mean() for j in range(len(models)) if real[:, j].mean() >= share * whole
        ]
        result[f"{share:.2f} of the best single model wanted, got"] = (
            real[at, picked].mean() / whole, paid[at, picked].mean() / dear, min(singles) / dear
        )  # fmt: skip
    fit = [
        paid[at, picked].mean() / dear
        for picked in (choose(told[0], told[1] * unit, rate) for rate in rates)
        if real[at, picked].mean() >= 0.95 * whole
    ]
    hull = min(fit, default=float("nan"))
    result["0.95 on the scored part itself, as published hulls are drawn"] = (0.95, hull)
    return result


def main() -> None:
    """Run everything that the data allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--most", type=int, default=3_600, help="prompts of one benchmark")
    arguments = parser.parse_args()
    tables = read(arguments.data, arguments.most)
    vectors = Vectors(arguments.models, arguments.cache)
    for name in PAIRS:
        if name in tables:
            two_models(name, tables[name], vectors)
            vectors.save()
    pooled = [row for name in POOL for row in tables.get(name, [])]
    pooled.sort(key=lambda row: zlib.crc32(row["prompt"].encode()))
    for name, rows in (*((name, tables.get(name, [])) for name in CHOICES), ("zeroeval", pooled)):
        if rows:
            many_models(name, rows, vectors)
            vectors.save()


if __name__ == "__main__":
    main()
