# ruff: noqa: T201 - it prints its tables
"""Whether advice from remembered outcomes does harm, task by task, on tables of real outcomes.

    python -m tests.bench.routing_harm --data outcomes.jsonl.gz --models DIR [--cache FILE]

The file is as for ``routing_outcomes``. Of each table two thirds are remembered, several times
drawn. For every task in it the rule's model is the best single one of the remembered part; the
product's advice may put a cheaper one in its place. Printed is what that did to the third that is
scored: the change of quality in points, with an interval over its prompts, and the share of cost.

How sure the advice must be was chosen on one half of all prompts, remembered and scored alone: as
sure as keeps the interval of every task within a point of no change. Only the other half is scored.
"""

from __future__ import annotations

import argparse
import zlib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from edgeroute.routing.learning.neighbours import Experience, Remembered
from edgeroute.routing.signals.embedding import describe
from tests.bench.routing_outcomes import (
    DRAWN,
    NEIGHBOURS,
    POOL,
    Vectors,
    common,
    drawn,
    quality,
    read,
)

FEWEST: Final = 25
GOOD_ENOUGH: Final = 0.9
HARM: Final = -1.0
BOOTSTRAPS: Final = 1_000
# Which task a part of a benchmark is; all others are reasoning.
TASKS: Final = {
    "chat": ("alpaca_eval", "trivia_qa", "natural_qa", "commonsense_qa", "openbook_qa"),
    "agentic_tools": ("bfcl",),
    "explain_code": ("zeroeval_crux",),
    "implement": ("mbpp", "human_eval"),
    "data_transformation": ("commongen",),
    "legal": ("law", "jurisprudence"),
    "medical": (
        "health", "clinical", "anatomy", "medicine", "medical", "virology", "nutrition",
    ),
}  # fmt: skip


def task(row: dict[str, Any]) -> str:
    """The task of a prompt, from where it comes."""
    place = f"{row['benchmark']} {row.get('subset')}"
    return next((t for t, parts in TASKS.items() if any(p in place for p in parts)), "reasoning")


def chosen_on(row: dict[str, Any]) -> bool:
    """Whether a prompt belongs to the half on which the product's caution was chosen."""
    return zlib.crc32(b"half" + row["prompt"].encode()) % 2 == 0


class Tally:
    """What advice did to the prompts of one task: changes of quality, costs before and after."""

    def __init__(self) -> None:
        self.before: list[float] = []
        self.change: list[float] = []
        self.paid = [0.0, 0.0]
        self.models: set[str] = set()

    def add(self, own: str, taken: str, outcomes: dict[str, Any]) -> None:
        """Enter one prompt."""
        self.before.append(quality(outcomes[own]))
        self.change.append(quality(outcomes[taken]) - self.before[-1])
        self.paid[0] += outcomes[own]["cost"]
        self.paid[1] += outcomes[taken]["cost"]
        self.models.add(own)

    def line(self) -> str:
        """The tally in a line of the table."""
        draw = np.random.default_rng(1)
        change = 100 * np.array(self.change)
        means = sorted(
            change[draw.integers(0, len(change), len(change))].mean() for _ in range(BOOTSTRAPS)
        )
        low, high = means[int(0.025 * BOOTSTRAPS)], means[int(0.975 * BOOTSTRAPS)]
        return (
            f"{np.mean(self.before):.3f}  {change.mean():+6.2f} [{low:+.2f}, {high:+.2f}]"
            f"  {self.paid[1] / self.paid[0]:10.3f}  {self.verdict}"
        )

    @property
    def verdict(self) -> str:
        """Whether it was harm: more than a point lost, or dearer."""
        lost = 100 * np.mean(self.change) < HARM
        return "HARM" if lost or self.paid[1] > self.paid[0] * 1.0001 else "no harm"


def advised(
    known: list[dict[str, Any]],
    scored: list[dict[str, Any]],
    models: list[str],
    vectors: Vectors,
    tallies: dict[str, Tally],
) -> None:
    """Enter what the product advises for the scored prompts."""
    experience = Experience.of(
        Remembered(
            describe(row["prompt"], vectors),  # type: ignore[arg-type]
            {
                model: (quality(row["outcomes"][model]), row["outcomes"][model]["cost"])
                for model in models
            },
            task(row),
        )
        for row in known
    )
    for name in sorted({task(row) for row in scored}):
        rows = [row["outcomes"] for row in known if task(row) == name]
        if len(rows) < FEWEST:
            continue
        own = max(models, key=lambda model: sum(quality(row[model]) for row in rows))
        costs = {m: Decimal(str(np.mean([row[m]["cost"] for row in rows]))) for m in models}
        for row in scored:
            if task(row) == name and not chosen_on(row):
                advice = experience.advise(
                    describe(row["prompt"], vectors),  # type: ignore[arg-type]
                    own,
                    costs,
                    task=name,
                    neighbours=NEIGHBOURS,
                    good_enough=GOOD_ENOUGH,
                )
                tallies[name].add(own, advice.model if advice else own, row["outcomes"])


def main() -> None:
    """Print a line for each task of each table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--most", type=int, default=3_600, help="prompts of one benchmark")
    arguments = parser.parse_args()
    tables = read(arguments.data, arguments.most)
    tables["zeroeval"] = [row for name in POOL for row in tables.pop(name, [])]
    vectors = Vectors(arguments.models, arguments.cache)
    print("table and task, prompts scored; rule's own model, change in points, share of its cost")
    for table, rows in tables.items():
        if len(rows) < 10 * FEWEST:
            continue
        tallies: dict[str, Tally] = defaultdict(Tally)
        for draw in range(DRAWN):
            advised(*drawn(rows, draw), common(rows), vectors, tallies)
        vectors.save()
        for name, tally in tallies.items():
            print(f"{table:16} {name:20} {len(tally.change):5}  {tally.line()}", flush=True)


if __name__ == "__main__":
    main()
