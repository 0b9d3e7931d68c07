# ruff: noqa: T201 - it prints its tables
"""How well tasks are told: wild slices first, then public prompts, beside simple baselines.

    python -m tests.bench.routing_tasks tasks.jsonl --models FOLDER [--folds] [--time]

The file has one JSON object per line with ``prompt``, ``task``, ``source`` and perhaps ``alt``
(other labels that are right too) and ``has_tools``. ``--folds`` scores public prompts by heads
trained without them too, for a file that was trained on, and then leaves one family of sources
out in turn. What a decision costs comes first; ``--time`` prints that alone.
"""

from __future__ import annotations

import argparse
import bisect
import functools
import json
import os
import random
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2] / "models" / "task-classifier"))

import numpy as np

from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.routing.signals.classifier import SURE, TaskClassifier
from edgeroute.routing.signals.keywords import LABELS, load_cues
from edgeroute.routing.signals.signals import read_signals

WILD = ("handmade", "arena_hard_v2:hand_labelled")
DRAWS = 1_000
LENGTHS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled prompt, and what the product says of it (empty where it abstains)."""

    prompt: str
    task: str
    also: tuple[str, ...]
    source: str
    tools: bool
    complexity: str = ""

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
            r["prompt"],
            r["task"],
            tuple(r.get("alt") or ()),
            r["source"],
            bool(r.get("has_tools")),
            r.get("complexity") or "",
        )
        for r in rows
    ]


def product(row: Row, classifier: TaskClassifier) -> tuple[str, str]:
    """The label that the product acts on ("" where it abstains), and its best one if pressed."""
    plain = structural(row)
    if plain:
        return plain, plain
    ranked = classifier.rank(row.prompt)
    best = ranked.labels[0][0]
    return ("" if ranked.abstains else best), best


def structural(row: Row) -> str:
    """The label that the request's structure tells before any classifier is asked, or ""."""
    tools = (Tool("search"),) if row.tools else ()
    request = ChatRequest((user(row.prompt),), tools=tools)
    signals = read_signals(request, internal_code=False)
    return signals.task if dict(signals.origins)["task"].origin == "structure" else ""


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


def macro(rows: list[Row], labels: list[str]) -> None:
    """Print the macro-F1 with its interval, and each label's F1, the lowest first."""
    scores = per_class(rows, labels)
    draw = random.Random(4)
    drawn = []
    for _ in range(DRAWS // 5):
        picked = draw.choices(range(len(rows)), k=len(rows))
        found = per_class([rows[i] for i in picked], [labels[i] for i in picked])
        drawn.append(sum(found.values()) / len(found))
    drawn.sort()
    low, high = drawn[len(drawn) // 40], drawn[-len(drawn) // 40]
    print(f"    macro-F1 {sum(scores.values()) / len(scores):.3f} [{low:.3f}, {high:.3f}]")
    for label, value in sorted(scores.items(), key=lambda pair: pair[1]):
        print(f"    {label:22} {value:.3f}")


def show(name: str, rows: list[Row], acted: list[str], best: list[str]) -> None:
    """Print one slice: everything pressed for an answer, and what is acted on."""
    lenient = [float(row.right(said)) for row, said in zip(rows, best, strict=True)]
    strict = sum(row.task == said for row, said in zip(rows, best, strict=True)) / len(rows)
    kept = [float(row.right(said)) for row, said in zip(rows, acted, strict=True) if said]
    print(
        f"{name:32} n={len(rows):<5} lenient {sum(lenient) / len(rows):.3f} {interval(lenient)}"
        f"  strict {strict:.3f}  kept {len(kept) / len(rows):.2f} of which right "
        f"{sum(kept) / max(1, len(kept)):.3f} {interval(kept or [0.0])}"
    )


def by_length(seen: list[Row]) -> Callable[[Row], str]:
    """The commonest label among the ``seen`` prompts of about the same length."""
    ordered = sorted(seen, key=lambda row: len(row.prompt))
    size = len(ordered) // LENGTHS + 1
    parts = [ordered[at : at + size] for at in range(0, len(ordered), size)]
    limits = [len(part[-1].prompt) for part in parts[:-1]]
    common = [Counter(row.task for row in part).most_common(1)[0][0] for part in parts]
    return lambda row: common[bisect.bisect_left(limits, len(row.prompt))]


def baselines(rows: list[Row], seen: list[Row]) -> None:
    """Print what needs no training, or only the ``seen`` prompts' labels and lengths."""
    cues = load_cues()
    common = Counter(row.task for row in seen).most_common(1)[0][0]
    draw = random.Random(2)
    length = by_length(seen)
    for name, said in (
        ("  baseline: random", [draw.choice(LABELS) for _ in rows]),
        ("  baseline: most common", [common] * len(rows)),
        ("  baseline: prompt length", [length(row) for row in rows]),
        ("  baseline: keywords", [cues.first_guess(row.prompt)[0] for row in rows]),
    ):
        right = [float(row.right(label)) for row, label in zip(rows, said, strict=True)]
        print(f"{name:32} n={len(rows):<5} lenient {sum(right) / len(right):.3f} {interval(right)}")


def by_folds(rows: list[Row], models: Path, cache: Path | None) -> None:
    """Public prompts by heads that have not seen them, or nothing of their whole source.

    As in the product, what the structure tells comes before the head.
    """
    import train
    from compose import Example, composed, written

    embedder = train.SentenceModels.load(models, train.vocabulary())
    if embedder is None:
        sys.exit("A sentence model is missing in the folder.")
    examples = [Example(r.prompt, r.task, r.also, "tools" if r.tools else r.source) for r in rows]
    own = [*written(), *composed()]
    data = train.table([*own, *examples], embedder, cache)
    penalty = train.penalties(data.full.shape[1], train.classifier.dense_size(load_cues()))
    free = np.array([True] * len(own) + [not r.source.startswith(train.NOT_FREE) for r in rows])
    plain = [structural(row) for row in rows]

    def said(groups: list[int]) -> list[str]:
        apart = np.array([-1] * len(own) + groups)
        weights = train.without(data.weights, apart)[free]
        heads, biases = train.fit(data.full[free], data.targets[free], weights, penalty)
        x = data.full[len(own) :]
        best = [(x[i] @ heads[g] + biases[g]).argmax() for i, g in enumerate(groups)]
        return [told or LABELS[int(label)] for told, label in zip(plain, best, strict=True)]

    print("\nfive folds of the public prompts, with sentence vectors")
    macro(rows, said([zlib.crc32(row.prompt.encode()) % 5 for row in rows]))
    families = [row.source.split(":")[0].split("_")[0] for row in rows]
    names = sorted(set(families))
    labels = said([names.index(family) for family in families])
    print("leave one source out")
    macro(rows, labels)
    right: dict[str, list[bool]] = defaultdict(list)
    for row, family, label in zip(rows, families, labels, strict=True):
        right[family].append(row.right(label))
    for family, hits in sorted(right.items()):
        print(f"    without {family:22} n={len(hits):<4} right {sum(hits) / len(hits):.3f}")


def timings(rows: list[Row], models: Path | None) -> None:
    """Print what one decision costs: time of one core, each the best of three runs."""
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    classifier = TaskClassifier.load(models)
    classifier.warm()
    loaded = time.perf_counter() - start
    sample = [row.prompt for row in random.Random(3).sample(rows, min(400, len(rows)))]
    full = _took(sample, classifier)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"\nload {loaded:.2f} s, memory +{grown:.0f} MB")
    light = TaskClassifier.load(None)
    _cost("words and shape", _took(sample, light))
    _cost("with sentence vector", full)
    unsure = [p for p in sample if light.rank(p).labels[0][1] < SURE]
    _cost(f"  the {len(unsure) / len(sample):.0%} that need it", _took(unsure, classifier))


def _took(prompts: list[str], classifier: TaskClassifier) -> list[float]:
    """Milliseconds of the processor for each prompt, of the run with the lowest 95 % mark."""
    runs = []
    for _ in range(3):
        took = []
        for prompt in prompts:
            start = time.process_time()
            classifier._rank(prompt, closely=True)  # what is kept costs nothing
            took.append((time.process_time() - start) * 1000)
        runs.append(sorted(took))
    return min(runs, key=lambda run: run[int(len(run) * 0.95)])


def _cost(name: str, took: list[float]) -> None:
    half, most = took[len(took) // 2], took[int(len(took) * 0.95)]
    print(f"{name:24} p50 {half:.2f} ms  p95 {most:.2f} ms of one core")


def complexities(rows: list[Row], models: Path | None) -> None:
    """Print how the product's complexity goes with a measured one, where the file has it."""
    known = [row for row in rows if row.complexity]
    if not known:
        return
    classifier, steps = TaskClassifier.load(models), ("low", "medium", "high")
    told = [
        read_signals(ChatRequest((user(row.prompt),)), internal_code=False, classifier=classifier)
        for row in known
    ]
    print(f"\ncomplexity, n={len(known)}: measured (rows) and told (columns low, medium, high)")
    for step in steps:
        here = [s.complexity for row, s in zip(known, told, strict=True) if row.complexity == step]
        print(f"    {step:8}", *(f"{here.count(other):5}" for other in steps))
    measured = [steps.index(row.complexity) for row in known]
    said = [steps.index(signals.complexity) for signals in told]
    print(f"    correlation {np.corrcoef(measured, said)[0, 1]:.2f}")


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
    timings(rows, arguments.models)  # first, while the memory holds nothing else
    if not arguments.time:
        wild_and_public(rows, arguments.models)
        complexities(rows, arguments.models)
    if arguments.folds:
        by_folds([row for row in rows if not row.wild], arguments.models, arguments.cache)


def wild_and_public(rows: list[Row], models: Path | None) -> None:
    """Print the wild slices beside their baselines, then the public prompts."""
    public = [row for row in rows if not row.wild]
    for title, folder in (("with sentence vectors", models), ("words and shape only", None)):
        classifier = TaskClassifier.load(folder)
        classifier.rank = functools.cache(classifier.rank)  # type: ignore[method-assign]
        print(f"\n{title}. {classifier.note}")
        for name in (*WILD, ""):
            chosen = [row for row in rows if row.source == name] if name else public
            if chosen:
                said = [product(row, classifier) for row in chosen]
                acted, best = map(list, zip(*said, strict=True))
                show(name or "public (perhaps trained on)", chosen, acted, best)
                baselines(chosen, public or rows)
        macro(public, [product(row, classifier)[1] for row in public])


if __name__ == "__main__":
    main()
