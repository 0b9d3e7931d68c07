# ruff: noqa: T201 - it prints its tables
"""How well tasks are told: wild slices first, then public prompts, beside simple baselines.

    python -m tests.bench.routing_tasks tasks.jsonl --models FOLDER [--folds] [--time]

The file has one JSON object per line with ``prompt``, ``task``, ``source`` and perhaps ``alt``
(other labels that are right too) and ``has_tools``. ``--folds`` scores public prompts by heads
trained without them instead, for a file that was trained on, and then leaves one family of sources
out in turn. ``--time`` measures what a decision costs.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2] / "models" / "task-classifier"))

import numpy as np

from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.routing.classifier import TaskClassifier
from edgeroute.routing.keywords import LABELS, load_cues
from edgeroute.routing.signals import read_signals

WILD = ("handmade", "arena_hard_v2:hand_labelled")
DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled prompt, and what the product says of it (empty where it abstains)."""

    prompt: str
    task: str
    also: tuple[str, ...]
    source: str
    tools: bool

    @property
    def wild(self) -> bool:
        """Whether the row belongs to a slice that is never trained on."""
        return self.source in WILD

    def right(self, label: str) -> bool:
        """Whether ``label`` is the task or one that is right too."""
        return label == self.task or label in self.also


def read(path: Path) -> list[Row]:
    """All rows of the file."""
    rows = map(json.loads, path.read_text("utf-8").strip().split("\n"))
    return [
        Row(
            r["prompt"], r["task"], tuple(r.get("alt") or ()), r["source"], bool(r.get("has_tools"))
        )
        for r in rows
    ]


def product(row: Row, classifier: TaskClassifier) -> tuple[str, str]:
    """The label that the product acts on ("" where it abstains), and its best one if pressed."""
    tools = (Tool("search"),) if row.tools else ()
    signals = read_signals(
        ChatRequest((user(row.prompt),), tools=tools), internal_code=False, classifier=classifier
    )
    ranked = classifier.rank(row.prompt)
    origin = dict(signals.origins)["task"].origin
    if origin in {"structure", "caller"} and signals.task:
        return signals.task, signals.task
    best = ranked.labels[0][0]
    return ("" if ranked.abstains else best), best


def interval(values: list[float]) -> str:
    """A bootstrap interval of the mean."""
    draw = random.Random(1)
    means = sorted(sum(draw.choices(values, k=len(values))) / len(values) for _ in range(DRAWS))
    return f"[{means[25]:.3f}, {means[-26]:.3f}]"


def per_class(rows: list[Row], labels: list[str]) -> dict[str, float]:
    """F1 of each label."""
    scores = {}
    for label in sorted({row.task for row in rows}):
        hit = sum(row.task == label == said for row, said in zip(rows, labels, strict=True))
        scores[label] = 2 * hit / max(1, sum(r.task == label for r in rows) + labels.count(label))
    return scores


def show(name: str, rows: list[Row], acted: list[str], best: list[str]) -> None:
    """Print one slice: everything pressed for an answer, and what is acted on."""
    lenient = [float(row.right(said)) for row, said in zip(rows, best, strict=True)]
    strict = sum(row.task == said for row, said in zip(rows, best, strict=True)) / len(rows)
    kept = [(row, said) for row, said in zip(rows, acted, strict=True) if said]
    right = sum(row.right(said) for row, said in kept) / max(1, len(kept))
    print(
        f"{name:32} n={len(rows):<5} lenient {sum(lenient) / len(rows):.3f} {interval(lenient)}"
        f"  strict {strict:.3f}  kept {len(kept) / len(rows):.2f} of which right {right:.3f}"
    )


def baselines(rows: list[Row], seen: list[Row]) -> None:
    """Print what needs no training."""
    cues = load_cues()
    common = Counter(row.task for row in seen or rows).most_common(1)[0][0]
    words = [cues.first_guess(row.prompt)[0] for row in rows]
    draw = random.Random(2)
    for name, said in (
        ("  baseline: most common", [common] * len(rows)),
        ("  baseline: random", [draw.choice(LABELS) for _ in rows]),
        ("  baseline: cues only", words),
    ):
        share = sum(row.right(label) for row, label in zip(rows, said, strict=True)) / len(rows)
        print(f"{name:32} n={len(rows):<5} lenient {share:.3f}")


def by_folds(rows: list[Row], models: Path, cache: Path | None) -> None:
    """Public prompts by heads that have not seen them, or nothing of their whole source."""
    import train
    from compose import Example, composed, written

    embedder = train.Embedder.load(models / "minilm")
    if embedder is None:
        sys.exit("There is no sentence model in the folder.")
    examples = [Example(r.prompt, r.task, r.also, "tools" if r.tools else r.source) for r in rows]
    own = [*written(), *composed()]
    data = train.table([*own, *examples], embedder, cache)
    penalty = train.penalties(data.full.shape[1], train.features.dense_size(load_cues()))
    free = np.array([not row.source.startswith(train.NOT_FREE) for row in rows])
    families = [row.source.split(":")[0].split("_")[0] for row in rows]

    def score(groups: list[str], name: str) -> None:
        labels = [""] * len(rows)
        for group in sorted(set(groups)):
            out = np.array([other == group for other in groups])
            keep = np.concatenate([np.ones(len(own), bool), ~out & free])
            head, bias = train.fit(data.full[keep], data.targets[keep], data.weights[keep], penalty)
            for index in np.nonzero(out)[0]:
                said = int((data.full[len(own) + index] @ head + bias).argmax())
                labels[index] = "agentic_tools" if rows[index].tools else LABELS[said]
        scores = per_class(rows, labels)
        print(f"{name}: macro-F1 {sum(scores.values()) / len(scores):.3f}")
        for label, value in sorted(scores.items(), key=lambda pair: pair[1]):
            print(f"    {label:22} {value:.3f}")
        if name.startswith("leave"):
            right: dict[str, list[bool]] = defaultdict(list)
            for row, family, said in zip(rows, families, labels, strict=True):
                right[family].append(row.right(said))
            for family, hits in sorted(right.items()):
                print(f"    without {family:22} n={len(hits):<4} right {sum(hits) / len(hits):.3f}")

    import zlib

    score([str(zlib.crc32(row.prompt.encode()) % 5) for row in rows], "five folds")
    score(families, "leave one source out")


def timings(rows: list[Row], models: Path) -> None:
    """Print what one decision costs."""
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    classifier = TaskClassifier.load(models)
    classifier.warm()
    loaded = time.perf_counter() - start
    light = TaskClassifier.load(None)
    sample = random.Random(3).sample(rows, min(400, len(rows)))
    for name, one in (("words and shape", light), ("with sentence vector", classifier)):
        took = []
        for row in sample:
            start = time.process_time()
            one.rank(row.prompt)
            took.append((time.process_time() - start) * 1000)
        took.sort()
        half, most = took[len(took) // 2], took[int(len(took) * 0.95)]
        print(f"{name:24} p50 {half:.2f} ms  p95 {most:.2f} ms of one core")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"load {loaded:.2f} s, memory +{grown:.0f} MB (with both classifiers)")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--time", action="store_true")
    arguments = parser.parse_args()
    rows = read(arguments.tasks)
    if arguments.folds:
        by_folds([row for row in rows if not row.wild], arguments.models, arguments.cache)
        return
    if arguments.time:
        timings(rows, arguments.models)
        return
    for title, folder in (
        ("with sentence vectors", arguments.models),
        ("words and shape only", None),
    ):
        classifier = TaskClassifier.load(folder)
        classifier.rank = functools.cache(classifier.rank)  # type: ignore[method-assign]
        print(f"\n{title}. {classifier.note}")
        said = {id(row): product(row, classifier) for row in rows}
        for name in WILD:
            chosen = [row for row in rows if row.source == name]
            if chosen:
                show(name, chosen, *map(list, zip(*(said[id(r)] for r in chosen), strict=True)))
                baselines(chosen, [row for row in rows if not row.wild])
        public = [row for row in rows if not row.wild]
        show(
            "public (perhaps trained on)",
            public,
            *map(list, zip(*(said[id(r)] for r in public), strict=True)),
        )
        scores = per_class(public, [said[id(row)][1] for row in public])
        print(
            f"    macro-F1 {sum(scores.values()) / len(scores):.3f}",
            "lowest:",
            *(f"{k} {v:.3f}" for k, v in sorted(scores.items(), key=lambda p: p[1])[:4]),
        )


if __name__ == "__main__":
    main()
