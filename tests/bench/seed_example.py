# ruff: noqa: T201 - it prints its tables
"""What the coding assistant's policy costs for a hundred calls an hour, against all-Opus.

    python -m tests.bench.seed_example                    a typical mix with typical token counts
    python -m tests.bench.seed_example --prompts FILE     labelled prompts, a JSON object per line
    python -m tests.bench.seed_example --table            one table, also with tools and caches

The typical mix goes through the whole engine, call by call, to scripted managed APIs and a
scripted local model on loopback that report its token counts; costs are read from the ledger. With
``--prompts`` calls are only planned, with every provider ready and a local model at hand, and the
first choice of each plan is priced: the task is the line's own ``task``, the tokens are estimated
from its ``prompt``, and costs are scaled to a hundred calls. Both are priced twice, with the prices
that the idea began with and with today's. No prompt cache is counted there: costs are upper bounds.
``--table`` sets beside it the same number of calls as steps of an agent with tools, whose prompt
grows from 20,000 to 91,000 tokens over twenty tasks, without and with prompt caches.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from edgeroute.core.clock import Clock
from edgeroute.core.messages import user
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.receipt import Receipt
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import TASKS, Complexity, Signals, Task
from edgeroute.core.usage import Usage
from edgeroute.datafile import packaged
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.routing.plan.eligibility import RoutingContext
from edgeroute.routing.plan.plan_input import PlanInput
from edgeroute.routing.plan.planner import plan
from edgeroute.routing.policy.policy import RoutingPolicy
from edgeroute.routing.policy.tiers import Tiers
from edgeroute.routing.signals.classifier import TaskClassifier
from edgeroute.routing.signals.signals import read_signals
from edgeroute.routing.signals.tokens import text_tokens
from tests.bench.agent_session import LOCAL, SHORT, START, by_model, by_policy, steps
from tests.support import replies
from tests.support.house import house
from tests.support.scripted_provider import Received, Reply
from tests.support.strategies import ENVIRONMENT, keys

CALLS = 100
OLD, NEW = "anthropic/claude-opus-4.7", "anthropic/claude-opus-5.5"
PRICES = {"seed": "prices of the idea", "": "prices of today"}
_LINE = "    total = sum(item.count for item in order.items if item.count <= stock.level)\n"
_EASY = "What is the last line, please?"


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


# What the best model is asked for; all calls on that model are what the policy is compared with.
PREMIUM = Signals(task="architecture_review", complexity="high", input_tokens=1_000)


@dataclass(frozen=True, slots=True)
class Bill:
    """What calls cost under the policy and all on one model, in USD, and where they went.

    ``costs`` are by model; all local models count as one.
    """

    shares: Counter[str]
    costs: dict[str, Decimal]
    premium: str
    all_premium: Decimal

    @property
    def total(self) -> Decimal:
        """All of it under the policy."""
        return sum(self.costs.values(), Decimal(0))

    @property
    def factor(self) -> Decimal:
        """How many times as dear it is without the policy."""
        return self.all_premium / self.total


def bill(catalog: Catalog, calls: Sequence[Signals], now: datetime) -> Bill:
    """Plan and price ``calls``."""
    cards = {**catalog.cards, LOCAL.id: LOCAL}
    policy, tiers = RoutingPolicy.named("seed"), Tiers.load()
    ready = frozenset(card.provider for card in cards.values())

    def first(signals: Signals) -> ModelCard:
        chosen = plan(
            PlanInput(policy, tiers, signals, cards, RoutingContext(now, ready), local=LOCAL.id)
        )
        return cards[chosen.first.model]

    best = first(PREMIUM)
    shares: Counter[str] = Counter()
    costs: dict[str, Decimal] = {}
    everything = Decimal(0)
    for signals in calls:
        card = first(signals)
        shares[card.id] += 1
        costs[card.id] = costs.get(card.id, Decimal(0)) + price(card, signals, now)
        everything += price(best, signals, now)
    return Bill(shares, costs, best.id, everything)


def price(card: ModelCard, signals: Signals, now: datetime) -> Decimal:
    """USD for one call."""
    usage = Usage(input_uncached=signals.input_tokens, output_visible=signals.output_tokens)
    return price_of(card, usage, now)


def price_of(card: ModelCard, usage: Usage, now: datetime) -> Decimal:
    """USD for ``usage``; a model without a price would make the table wrong."""
    if card.place is Place.LOCAL:
        return Decimal(0)
    amount = card.prices.cost(usage, now).amount
    if amount is None:
        raise SystemExit(f"{card.id} has no price.")
    return amount


@dataclass(frozen=True, slots=True)
class Hour:
    """A hundred calls that were made. ``spent`` is what the ledger says, by model."""

    receipts: Sequence[Receipt]
    spent: Mapping[str, Decimal]

    def bill(self, prices: str = "") -> Bill:
        """What it cost by the ledger, or with another set of ``prices``, against the best model."""
        catalog = Catalog.load(prices=prices)
        best = catalog.cards[bill(catalog, [PREMIUM], self.receipts[0].created).premium]
        shares: Counter[str] = Counter()
        costs: dict[str, Decimal] = {}
        everything = Decimal(0)
        for receipt in self.receipts:
            card = LOCAL if receipt.route is Place.LOCAL else catalog.cards[receipt.model]
            shares[card.id] += 1
            cost = price_of(card, receipt.usage, receipt.created)
            costs[card.id] = costs.get(card.id, Decimal(0)) + cost
            everything += price_of(best, receipt.usage, receipt.created)
        if not prices:
            paid = {model: cost for model, cost in self.spent.items() if cost}
            costs = {LOCAL.id: Decimal(0), **paid}
        return Bill(shares, costs, best.id, everything)


async def measured(folder: Path, clock: Clock | None = None, *, shorter: int = 1) -> Hour:
    """Make the hundred calls of the mix through a whole installation in ``folder``.

    Prompts can be so many times ``shorter``; what the models report stays the same.
    """
    providers = ("anthropic", "moonshot", "deepseek", "openai", "openrouter")
    rules = packaged("rules") / "seed.yaml"
    receipts = []
    with keys():
        async with house(
            folder,
            dict.fromkeys(providers, _as_the_mix_says),
            local=_as_the_mix_says,
            settings=ENVIRONMENT,
            rules={"test.yaml": rules.read_text("utf-8")},
            clock=clock,
        ) as home:
            calls = [kind for kind in MIX for _ in range(kind.calls)]
            for number, kind in enumerate(calls):
                text = _prompt(kind.task, kind.input_tokens // shorter, number)
                receipts.append((await home.ask(text, task=kind.task)).receipt)
            rows = home.runtime.ledger.rows("model")
            return Hour(receipts, {row.label: row.cost or Decimal(0) for row in rows})


def _prompt(task: str, tokens: int, number: int) -> str:
    """About so many ``tokens`` of code, after a line that says which call this is, and that it is
    easy: what is hard about it, its task says.
    """
    return f"Call {number}: {task}. {_EASY}\n" + _LINE * round(tokens / text_tokens(_LINE))


def _as_the_mix_says(request: Received) -> Reply:
    """An answer that reports the tokens of its kind of call."""
    if request.method == "GET":  # what models there are
        return replies.error(404)
    kind = next(one for one in MIX if re.search(rf"Call \d+: {one.task}", request.body.decode()))
    return replies.answer(request, "Done.", tokens=(kind.input_tokens, kind.output_tokens))


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
    print(f"  {made.factor:.1f} times as dear without the policy")


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


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the one table: what the hour costs under a policy, and all on one model."""

    name: str
    policy: float
    premium: str
    all_premium: float

    @property
    def text(self) -> str:
        """The line."""
        times = self.all_premium / self.policy
        return (
            f"  {self.name:58} {self.policy:8.2f} {self.all_premium:8.2f} {times:6.2f}"
            f"  {self.premium}"
        )


def table() -> Iterator[Line]:
    """The hour in every way: calls of the mix, then steps with tools, without and with caches."""
    calls = [kind.signals for kind in MIX for _ in range(kind.calls)]
    for prices in ("seed", ""):
        made = bill(Catalog.load(prices=prices), calls, START)
        name = f"single calls, {PRICES[prices]}"
        yield Line(name, float(made.total), made.premium, float(made.all_premium))
    session = [*steps(SHORT, CALLS, TaskClassifier.load(None))]
    ways = (
        ("seed", "seed", OLD, False), ("seed", "", OLD, False), ("seed", "", OLD, True),
        ("coding-assistant", "", NEW, True), ("agent-saver", "", NEW, True),
    )  # fmt: skip
    for policy, prices, best, cached in ways:
        cards = {**Catalog.load(prices=prices).cards, LOCAL.id: LOCAL}
        told = RoutingPolicy.named(policy)
        made_by = by_policy(told, session, cards, cached=cached).usd
        alone = by_model(cards[best], session, told.cache_lasts, cached=cached).usd
        caches = "caches" if cached else "no caches"
        yield Line(f"steps with tools, {caches}, {policy}, {PRICES[prices]}", made_by, best, alone)


def main() -> None:
    """Print both tables, or the one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--prompts", type=Path)
    options = parser.parse_args()
    now = datetime.now(UTC)
    if options.table:
        print(f"  {'a hundred calls, USD':58} {'policy':>8} {'all on':>8} {'times':>6}")
        for line in table():
            print(line.text)
        return
    if options.prompts:
        calls = from_prompts(options.prompts)
    else:
        calls = [kind.signals for kind in MIX for _ in range(kind.calls)]
    tokens = sum(one.input_tokens for one in calls), sum(one.output_tokens for one in calls)
    print(f"{len(calls)} calls, {tokens[0]:,} tokens in and {tokens[1]:,} out; {CALLS} an hour.")
    if options.prompts:
        then, today = (bill(Catalog.load(prices=name), calls, now) for name in ("seed", ""))
    else:
        with tempfile.TemporaryDirectory() as folder:
            hour = asyncio.run(measured(Path(folder)))
        then, today = hour.bill("seed"), hour.bill()
    show("With the prices that the idea began with:", then)
    show(f"With the prices of {now:%d %B %Y}:", today)


if __name__ == "__main__":
    main()
