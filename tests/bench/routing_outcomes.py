# ruff: noqa: T201 - it prints its tables
"""What routing from remembered outcomes saves, on tables of real outcomes, beside baselines.

    python -m tests.bench.routing_outcomes --data outcomes.jsonl.gz --models DIR [--cache FILE]

Each line of the file is one prompt: ``{"benchmark", "prompt", "outcomes": {model: outcome}}``, an
outcome having ``correct`` or ``score``, ``cost`` and perhaps ``answer``. The prompts of each
benchmark are split in three by a fixed hash: one part is remembered, one part fixes thresholds, one part is scored. Nothing is tuned on the part
that is scored. Sentence vectors are kept in ``--cache`` between runs.

APGR is the share of the gap between a weak and a strong model that is closed, averaged over all
shares of calls to the strong one (random: 0.5). PGR is that share at one cost.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import random
import sys
import zlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import numpy as np

from edgeroute.routing.embedding import Embedder
from edgeroute.routing.judges import is_closed
from edgeroute.routing.outcomes import Experience, Remembered, describe

NEIGHBOURS: Final = 60
DRAWS: Final = 300
# Models whose answers cost hidden reasoning are not in the tables; routerarena is never read.
LEFT_OUT: Final = ("routerarena",)
PAIRS: Final = {
    "routellm_mmlu": ("Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview", 1_500),
    "routellm_gsm8k": ("Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview", 626),
}
CHOICES: Final = ("ulab_llmrouter", "mmlu_pro", "zeroeval_gsm", "zeroeval_crux", "bfcl_2024_08")
AGREEMENTS: Final = (
    ("zeroeval_gsm", "Llama-3.1-8B", "gemini-1.5-flash", "sonnet"),
    ("zeroeval_gsm", "gpt-4o-mini", "gemini-1.5-flash", "sonnet"),
    ("zeroeval_crux", "Qwen2.5-7B", "gpt-4o-mini", "gpt-4o-2024"),
    ("mmlu_pro", "gemini-1.5-flash", "Llama-3.1-70B", "gemini-1.5-pro"),
)


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

    def embed(self, text: str) -> Any:
        """The sentence vector, from the file where it is known."""
        key = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        if key not in self._known:
            self._known[key] = self._embedder.embed(text)
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
    """APGR of two-model routing; small tables are scored by five folds."""
    weak, strong, size = PAIRS[name]
    needs = np.full(len(rows), np.nan)
    described = [describe(row["prompt"], vectors) for row in rows]  # type: ignore[arg-type]
    folds = 5 if len(rows) <= 2 * size else 1
    for fold in range(folds):
        inside = [n for n in range(len(rows)) if n % folds != fold] if folds > 1 else range(size)
        known = set(inside)
        experience = remember([rows[n] for n in inside], vectors)
        for n in range(len(rows)):
            if n not in known and (folds > 1 or n >= size):
                good = experience.estimate(strong, described[n], NEIGHBOURS)
                bad = experience.estimate(weak, described[n], NEIGHBOURS)
                needs[n] = good.quality - bad.quality if good and bad else 0.0
    scored = np.nonzero(~np.isnan(needs))[0]
    gain = np.array(
        [quality(rows[n]["outcomes"][strong]) - quality(rows[n]["outcomes"][weak]) for n in scored]
    )
    length = np.array([len(rows[n]["prompt"]) for n in scored], dtype=float)
    chance = np.random.default_rng(0).random(len(scored))
    part = size if folds == 1 else "four fifths"
    print(f"\n{name}: {weak} to {strong}, {part} remembered, n={len(scored)}")
    for title, order in (
        ("outcome memory", needs[scored]),
        ("prompt length", length),
        ("random", chance),
    ):
        print(f"    {title:16} APGR {area(order, gain):.3f} {interval(order, gain)}")


def thirds(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], ...]:
    """The part that is remembered (3 of 5), the part that fixes thresholds, the part scored."""
    at = (len(rows) * 3 // 5, len(rows) * 4 // 5)
    return rows[: at[0]], rows[at[0] : at[1]], rows[at[1] :]


def choose(quality_of: Any, cost_of: Any, price: float) -> Any:
    """The model with the best estimated quality after its cost, row by row."""
    return (quality_of - price * cost_of).argmax(axis=1)


def many_models(name: str, rows: list[dict[str, Any]], vectors: Vectors) -> None:
    """Cost at a share of the best single model's quality, with the price of cost fixed apart."""
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        for model in row["outcomes"]:
            counts[model] += 1
    models = [model for model, count in counts.items() if count == len(rows)]
    known, tuned, scored = thirds(rows)
    experience = remember(known, vectors)

    def tables(part: list[dict[str, Any]]) -> tuple[Any, Any, Any, Any]:
        truth = np.array([[quality(r["outcomes"][m]) for m in models] for r in part])
        spent = np.array([[r["outcomes"][m]["cost"] for m in models] for r in part])
        guess, price = np.zeros_like(truth), np.zeros_like(truth)
        for i, row in enumerate(part):
            near = describe(row["prompt"], vectors)  # type: ignore[arg-type]
            for j, model in enumerate(models):
                found = experience.estimate(model, near, NEIGHBOURS)
                assert found is not None
                guess[i, j], price[i, j] = found.quality, found.cost or 0.0
        return truth, spent, guess, price

    mean = np.array([[quality(r["outcomes"][m]) for m in models] for r in known]).mean(axis=0)
    best = int(mean.argmax())
    tune, score = tables(tuned), tables(scored)
    unit = 1 / tune[1][:, best].mean()
    print(f"\n{name}: {len(models)} models, {len(known)} remembered, {len(scored)} scored; "
          f"best single {models[best]} {score[0][:, best].mean():.3f}")  # fmt: skip
    for share in (0.95, 0.99, 1.0):
        wanted = share * tune[0][:, best].mean()
        fit = 0.0
        for price in np.geomspace(2.0, 1e-4, 60):
            rows_at = choose(tune[2], tune[3] * unit, price)
            if tune[0][np.arange(len(rows_at)), rows_at].mean() >= wanted:
                fit = float(price)
                break
        picked = choose(score[2], score[3] * unit, fit)
        at = np.arange(len(picked))
        got = score[0][at, picked].mean() / score[0][:, best].mean()
        cost = score[1][at, picked].mean() / score[1][:, best].mean()
        singles = [
            (score[1][:, j].mean() / score[1][:, best].mean(), j)
            for j in range(len(models))
            if score[0][:, j].mean() >= share * score[0][:, best].mean()
        ]
        single = min(singles)
        print(f"    wanted {share:.2f} of its quality: got {got:.3f} at {cost:.3f} of its cost;"
              f" cheapest single that reaches it costs {single[0]:.3f}")  # fmt: skip


def find(rows: list[dict[str, Any]], part: str) -> str:
    """The model whose name holds ``part``."""
    names = rows[0]["outcomes"]
    return next((name for name in names if part.lower() in name.lower()), "")


def agreement(rows: list[dict[str, Any]], one: str, two: str, strong: str) -> None:
    """Two cheap models agree, else the strong one: no threshold, so all rows are scored."""
    names = [find(rows, part) for part in (one, two, strong)]
    if not all(names):
        print(f"    {one} & {two}, else {strong}: not in the table")
        return
    taken, cost, alone, base, kept = [], 0.0, 0.0, [], 0
    for row in rows:
        a, b, c = (row["outcomes"][name] for name in names)
        agree = str(a.get("answer")).strip() == str(b.get("answer")).strip() != "None"
        kept += agree
        taken.append(quality(a) if agree else quality(c))
        base.append((quality(a), quality(c)))
        cost += a["cost"] + b["cost"] + (0.0 if agree else c["cost"])
        alone += c["cost"]
    weak, best = (sum(column) / len(base) for column in zip(*base, strict=True))
    got = sum(taken) / len(taken)
    closed = sum(is_closed(row["prompt"]) for row in rows) / len(rows)
    print(f"    {' & '.join(names[:2])}, else {names[2]}:"
          f" {got:.3f} (strong {best:.3f}, first {weak:.3f}) PGR {(got - weak) / (best - weak):.3f}"
          f" at {cost / alone:.3f} of the cost, {kept / len(rows):.0%} stand; seen as closed {closed:.0%}")  # fmt: skip


def main() -> None:
    """Run everything that the data allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--most", type=int, default=3_600, help="prompts of one benchmark")
    arguments = parser.parse_args()
    random.seed(0)
    tables = read(arguments.data, arguments.most)
    vectors = Vectors(arguments.models, arguments.cache)
    for name in PAIRS:
        if name in tables:
            two_models(name, tables[name], vectors)
            vectors.save()
    for name in CHOICES:
        if name in tables:
            many_models(name, tables[name], vectors)
            vectors.save()
    print("\nagreement of two cheap answers (costs include both)")
    for name, one, two, strong in AGREEMENTS:
        if name in tables:
            print(f"  {name}, n={len(tables[name])}")
            agreement(tables[name], one, two, strong)


if __name__ == "__main__":
    main()
