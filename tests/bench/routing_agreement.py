# ruff: noqa: T201 - it prints its tables
"""What asking two cheap models and comparing is worth, on tables of real outcomes.

    python -m tests.bench.routing_agreement --data outcomes.jsonl.gz

Rows need ``answer`` beside ``correct`` and ``cost``. Where two cheap models give the same answer it
stands, else a third model is asked; costs include all calls. First come pairs that were fixed
beforehand; then pairs and ladders that are chosen on one part of the prompts, several times drawn,
and scored on the other. PGR is the share of the gap between the first and the strong model that
is closed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.bench.routing_outcomes import DRAWN, POOL, common, quality, read, spread

FIXED: Final = (
    ("zeroeval_gsm", "Llama-3.1-8B", "gemini-1.5-flash", "sonnet"),
    ("zeroeval_gsm", "gpt-4o-mini", "gemini-1.5-flash", "sonnet"),
    ("zeroeval_crux", "Qwen2.5-7B", "gpt-4o-mini", "gpt-4o-2024"),
    ("mmlu_pro", "gemini-1.5-flash", "Llama-3_1-70B", "gemini-1.5-pro"),
)
# Tables in which a pair is chosen: the strong model, and the most that it may cost together.
CHOSEN: Final = (("zeroeval_gsm", "sonnet", 0.23), ("zeroeval_crux", "gpt-4o-2024", 0.57))
WANTED: Final = 0.95
# A cheap call may cost this share of a strong one.
CHEAP: Final = 0.3


@dataclass(frozen=True, slots=True)
class Table:
    """Answers, quality and cost: a row for each prompt, a column for each model."""

    models: list[str]
    answers: Any
    quality: Any
    cost: Any

    @classmethod
    def of(cls, rows: list[dict[str, Any]]) -> Table:
        """The table of the models that answered every prompt."""
        models = common(rows)
        outcomes = [[row["outcomes"][model] for model in models] for row in rows]
        return cls(
            models,
            np.array([[str(one.get("answer")).strip() for one in line] for line in outcomes]),
            np.array([[quality(one) for one in line] for line in outcomes]),
            np.array([[one["cost"] for one in line] for line in outcomes]),
        )

    def part(self, rows: Any) -> Table:
        """Some of the rows."""
        return Table(self.models, self.answers[rows], self.quality[rows], self.cost[rows])

    def find(self, name: str) -> int:
        """The first model whose name holds ``name``."""
        return next(n for n, model in enumerate(self.models) if name.lower() in model.lower())

    def agree(self, one: int, two: int) -> Any:
        """Where two models gave the same answer."""
        return (self.answers[:, one] == self.answers[:, two]) & (self.answers[:, one] != "None")

    def ladder(self, one: int, two: int, strong: int) -> tuple[Any, Any]:
        """Quality and cost of each prompt: the first answer where the two agree, else the third."""
        same = self.agree(one, two)
        got = np.where(same, self.quality[:, one], self.quality[:, strong])
        both = self.cost[:, one] + self.cost[:, two]
        return got, both + np.where(same, 0, self.cost[:, strong])

    def worth(self, one: int, two: int, strong: int) -> tuple[float, float]:
        """The shares of the strong model's quality and cost."""
        got, cost = self.ladder(one, two, strong)
        whole, dear = self.quality[:, strong].mean(), self.cost[:, strong].mean()
        return float(got.mean() / whole), float(cost.mean() / dear)

    def recovered(self, one: int, two: int, strong: int) -> float:
        """PGR."""
        weak, best = self.quality[:, one].mean(), self.quality[:, strong].mean()
        return float((self.ladder(one, two, strong)[0].mean() - weak) / (best - weak))

    def pairs(self, strong: int) -> Iterator[tuple[int, int]]:
        """Pairs of models that are cheap beside ``strong``."""
        paid = self.cost.mean(axis=0)
        cheap = [n for n, cost in enumerate(paid) if n != strong and cost < CHEAP * paid[strong]]
        return combinations(cheap, 2)


def fixed(table: Table, name: str, one: str, two: str, strong: str) -> None:
    """Print a pair that was fixed beforehand: nothing is chosen, so all rows are scored."""
    first, second, third = (table.find(part) for part in (one, two, strong))
    got, share = table.worth(first, second, third)
    print(
        f"  {name}: {table.models[first]} & {table.models[second]}, else {table.models[third]}:"
        f" {got:.3f} of its quality, PGR {table.recovered(first, second, third):.3f},"
        f" at {share:.3f} of its cost; {table.agree(first, second).mean():.0%} stand"
    )


def chosen(table: Table, name: str, strong: str, ceiling: float) -> None:
    """Print pairs that are chosen on one half within a cost, and scored on the other."""
    third = table.find(strong)
    got, paid, pair = [], [], ""
    for draw in range(DRAWN):
        order = np.random.default_rng(draw).permutation(len(table.quality))
        known, scored = (table.part(half) for half in np.array_split(order, 2))
        options = [(known.worth(one, two, third), one, two) for one, two in known.pairs(third)]
        _, one, two = max(option for option in options if option[0][1] <= ceiling)
        share, cost = scored.worth(one, two, third)
        got.append(share)
        paid.append(cost)
        pair = f"{table.models[one]} & {table.models[two]}"
    print(
        f"  {name}: within {ceiling} of the cost of {table.models[third]}: {spread(got)} of its"
        f" quality at {spread(paid)} of its cost; in the last draw {pair}"
    )


def ladders(table: Table, name: str) -> None:
    """Print the cheapest model or ladder with enough quality on two thirds, scored on the rest."""
    got, paid, single = [], [], []
    for draw in range(DRAWN):
        order = np.random.default_rng(draw).permutation(len(table.quality))
        cut = len(order) * 2 // 3
        known, scored = table.part(order[:cut]), table.part(order[cut:])
        best = int(known.quality.mean(axis=0).argmax())
        enough = WANTED * known.quality[:, best].mean()
        options = [
            (known.cost[:, n].mean(), (n, n, n))
            for n in range(len(table.models))
            if known.quality[:, n].mean() >= enough
        ]
        for one, two in known.pairs(best):
            for third in set(range(len(table.models))) - {one, two}:
                value, cost = known.ladder(one, two, third)
                if value.mean() >= enough:
                    options.append((cost.mean(), (one, two, third)))
        _, (one, two, third) = min(options)
        alone = one == two
        value, cost = (
            (scored.quality[:, one], scored.cost[:, one])
            if alone
            else scored.ladder(one, two, third)
        )
        whole, dear = scored.quality[:, best].mean(), scored.cost[:, best].mean()
        got.append(value.mean() / whole)
        paid.append(cost.mean() / dear)
        enough_alone = scored.quality.mean(axis=0) >= WANTED * whole
        single.append(scored.cost.mean(axis=0)[enough_alone].min() / dear)
    print(
        f"  {name}: {WANTED} of the best single model wanted, got {spread(got)} at {spread(paid)}"
        f" of its cost; cheapest single at {spread(single)}"
    )


def main() -> None:
    """Print all tables that the data allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    tables = read(parser.parse_args().data, 100_000)
    print("Two cheap models agree, else a strong one; pairs fixed beforehand")
    for name, one, two, strong in FIXED:
        if name in tables:
            fixed(Table.of(tables[name]), name, one, two, strong)
    print(f"Pairs chosen on one half and scored on the other, {DRAWN} draws")
    for name, strong, ceiling in CHOSEN:
        if name in tables:
            chosen(Table.of(tables[name]), name, strong, ceiling)
    print(f"Models and ladders chosen on two thirds and scored on the rest, {DRAWN} draws")
    pooled = [row for name in POOL for row in tables.get(name, [])]
    for name, rows in (("zeroeval", pooled), ("mmlu_pro", tables.get("mmlu_pro", []))):
        if rows:
            ladders(Table.of(rows), name)


if __name__ == "__main__":
    main()
