# ruff: noqa: T201 - it prints its tables
"""What the coding assistant's policy costs for a hundred calls an hour, against all-Opus.

    python -m tests.bench.seed_example                    a typical mix with typical token counts
    python -m tests.bench.seed_example --prompts FILE     labelled prompts, a JSON object per line

Plans with every provider ready and a local model at hand, and prices the first choice of each plan:
once with the prices that the idea began with, once with today's. Nothing is sent, and no prompt
cache is counted, so that both columns are upper bounds. With ``--prompts`` the task is the line's
own ``task``, the tokens are estimated from its ``prompt``, and costs are scaled to a hundred calls.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from edgeroute.core.cards import ModelCard, Place
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import TASKS, Complexity, Signals, Task
from edgeroute.core.usage import Usage
from edgeroute.providers.catalog import Catalog
from edgeroute.routing.fitness import Circumstances
from edgeroute.routing.planner import PlanInput, plan
from edgeroute.routing.policy import Policy
from edgeroute.routing.signals import read_signals
from edgeroute.routing.tiers import Tiers

CALLS = 100
LOCAL = ModelCard(
    "local/qwen3.6-27b",
    "local",
    "qwen",
    place=Place.LOCAL,
    context_tokens=32_768,
    abilities=frozenset({"tools", "json_schema"}),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """So many calls of one kind, with their tokens."""

    calls: int
    task: Task
    input_tokens: int
    output_tokens: int
    complexity: Complexity = "medium"

    @property
    def signals(self) -> Signals:
        """What the classifier would say of one of them."""
        return Signals(
            task=self.task,
            complexity=self.complexity,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
        )


# 80 calls that a small model can take, 15 that change code, 5 that need the best.
MIX = (
    Kind(40, "code_completion", 600, 80, "low"),
    Kind(20, "explain_code", 3_000, 600),
    Kind(8, "chat", 1_000, 400),
    Kind(6, "summarization", 8_000, 500),
    Kind(6, "data_transformation", 2_000, 1_000),
    Kind(8, "refactor", 12_000, 2_500),
    Kind(7, "implement", 8_000, 3_000),
    Kind(5, "architecture_review", 20_000, 4_000, "high"),
)


@dataclass(frozen=True, slots=True)
class Bill:
    """What calls cost under the policy and all on one model, in USD, and where they went."""

    shares: Counter[str]
    costs: dict[str, Decimal]
    premium: str
    all_premium: Decimal

    @property
    def total(self) -> Decimal:
        """All of it under the policy."""
        return sum(self.costs.values(), Decimal(0))


def bill(catalog: Catalog, calls: Sequence[Signals], now: datetime) -> Bill:
    """Plan and price ``calls``."""
    cards = {**catalog.cards, LOCAL.id: LOCAL}
    policy, tiers = Policy.named("coding-assistant"), Tiers.load()
    ready = frozenset(card.provider for card in cards.values())

    def first(signals: Signals) -> ModelCard:
        chosen = plan(
            PlanInput(policy, tiers, signals, cards, Circumstances(now, ready), local=LOCAL.id)
        )
        return cards[chosen.first.model]

    premium = first(Signals(task="architecture_review", complexity="high", input_tokens=1_000))
    shares: Counter[str] = Counter()
    costs: dict[str, Decimal] = {}
    everything = Decimal(0)
    for signals in calls:
        card = first(signals)
        shares[card.id] += 1
        costs[card.id] = costs.get(card.id, Decimal(0)) + price(card, signals, now)
        everything += price(premium, signals, now)
    return Bill(shares, costs, premium.id, everything)


def price(card: ModelCard, signals: Signals, now: datetime) -> Decimal:
    """USD for one call; a model without a price would make the table wrong."""
    if card.place is Place.LOCAL:
        return Decimal(0)
    usage = Usage(input_uncached=signals.input_tokens, output_visible=signals.output_tokens)
    amount = card.prices.cost(usage, now).amount
    if amount is None:
        raise SystemExit(f"{card.id} has no price.")
    return amount


def show(title: str, made: Bill) -> None:
    """A table: one line for each model."""
    calls = made.shares.total()
    scale = Decimal(CALLS) / calls
    print(f"\n{title}")
    print(f"  {'model':32} {'calls':>6} {'USD per hour':>13}")
    for model, count in made.shares.most_common():
        print(f"  {model:32} {count / calls:6.0%} {made.costs[model] * scale:13.4f}")
    print(f"  {'the policy':32} {'100%':>6} {made.total * scale:13.4f}")
    print(f"  {'all on ' + made.premium:32} {'100%':>6} {made.all_premium * scale:13.4f}")
    print(f"  {made.all_premium / made.total:.1f} times as dear without the policy")


def from_prompts(path: Path) -> list[Signals]:
    """Signals of labelled prompts."""
    found = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("task") in TASKS and row["task"] != "image":
                signals = read_signals(ChatRequest((user(row["prompt"]),)), internal_code=False)
                found.append(replace(signals, task=row["task"], wants_picture=False))
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompts", type=Path)
    options = parser.parse_args()
    if options.prompts:
        calls = from_prompts(options.prompts)
    else:
        calls = [kind.signals for kind in MIX for _ in range(kind.calls)]
    now = datetime.now(UTC)
    tokens = sum(one.input_tokens for one in calls), sum(one.output_tokens for one in calls)
    print(f"{len(calls)} calls, {tokens[0]:,} tokens in and {tokens[1]:,} out; {CALLS} an hour.")
    show("With the prices that the idea began with:", bill(Catalog.load(prices="seed"), calls, now))
    show(f"With the prices of {now:%d %B %Y}:", bill(Catalog.load(), calls, now))


if __name__ == "__main__":
    main()
