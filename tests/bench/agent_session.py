# ruff: noqa: T201 - it prints its tables
"""What an agent's session costs under each policy, caches and prices of today counted.

    python -m tests.bench.agent_session [--steps 60] [--models FOLDER]

A simulated session grows from 20,000 to 91,000 tokens in sixty steps. Three shapes: one long task,
six tasks, and twenty short ones. Every step is a real request, read and planned as the product
does it; each model's prompt cache is simulated by its provider's rules. Beside the policies stand
one model for everything: the premium one, the best single one, and a cheap one. How good the
answers are is not measured: a cheap model may need more steps, so a second column has every step
of a model of grade 1 made twice, and a third has steps that fail twice, a third of the way in.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edgeroute.core.messages import Message, Text, ToolCall, ToolResult, system, user
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.core.signals import Signals
from edgeroute.core.usage import Usage
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.routing.plan.eligibility import RoutingContext
from edgeroute.routing.plan.plan_input import PlanInput
from edgeroute.routing.plan.planner import plan
from edgeroute.routing.plan.stickiness import Holding
from edgeroute.routing.policy.policy import RoutingPolicy, policy_names
from edgeroute.routing.policy.tiers import Tiers
from edgeroute.routing.policy.yardsticks import yardsticks
from edgeroute.routing.signals.classifier import TaskClassifier
from edgeroute.routing.signals.signals import read_signals

START: datetime = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)  # a Saturday: nobody's peak hours
STEP = timedelta(seconds=20)
PAUSE = timedelta(minutes=3)
BEGIN, END = 20_000, 91_000
LOCAL = ModelCard(
    "local/qwen3.6-27b", "local", "qwen", place=Place.LOCAL, context_tokens=32_768,
    abilities=frozenset({"tools", "json_schema"}),
)  # fmt: skip
TOOLS = tuple(Tool(name) for name in ("read_file", "edit_file", "bash"))
# Tokens of a step's answer, and of the one that says how to go about it.
ANSWER, FIRST_ANSWER = 350, 900
_FILLER = "    total = sum(item.count for item in order.items if item.count <= stock.level)\n"

LONG = ("Implement the OAuth device flow in the command line tool, with polling and tests.",)
SIX = (
    "Find out why the integration tests hang on CI since the last merge, and fix it.",
    "rename the class TokenStore to TokenCache",
    "now add a test for an expired token",
    "Refactor the payment module so that providers are pluggable; nothing outside may notice.",
    "what does the function in utils/dates.py do?",
    "update the changelog",
)
SHORT = (
    "where is the config loaded?", "fix the typo in the README title", "run the tests",
    "add type hints to parse_line", "why did that fail?", "ok fix it",
    "review the plugin loader for security problems", "remove the unused imports",
    "now do the same in the server", "add a --verbose flag", "just a quick fix: the date format",
    "migrate the settings file to the new names", "commit this", "what is left to do?",
    "write a test for the empty case", "make the button blue", "is this thread safe?",
    "format the file", "add a changelog entry", "thanks, that is all",
)  # fmt: skip
SHAPES = {"one task": LONG, "six tasks": SIX, "twenty tasks": SHORT}


@dataclass
class Caches:
    """Each model's prompt cache: how many tokens it holds, and until when. None where ``off``."""

    lasts: timedelta
    off: bool = False
    _held: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def use(self, card: ModelCard, tokens: int, answer: int, now: datetime) -> Usage:
        """The usage of one call, whose prompt begins as all before it did."""
        tokens, answer = (round(count * card.token_factor) for count in (tokens, answer))
        if self.off:
            return Usage(tokens, output_visible=answer)
        kept, until = self._held.get(card.id, (0, now))
        read = min(kept, tokens) if now <= until else 0
        read = read if read >= card.cache_minimum_tokens else 0
        # Who caches unasked keeps prompts for an hour and more at no price of its own.
        marks = card.wire == "anthropic-messages" or "cache_marks" in card.abilities
        self._held[card.id] = tokens, now + (self.lasts if marks else timedelta(hours=1))
        fresh = tokens - read
        if not marks:
            return Usage(fresh, read, output_visible=answer)
        if self.lasts > timedelta(minutes=5):
            return Usage(0, read, 0, fresh, output_visible=answer)
        return Usage(0, read, fresh, output_visible=answer)


@dataclass(frozen=True)
class Step:
    """One request of the session, and whether its answer is the first of its task."""

    request: ChatRequest
    signals: Signals
    now: datetime
    first: bool


@dataclass
class Bill:
    """What a session cost; ``switches`` is the most within one task."""

    usd: float = 0.0
    if_twice: float = 0.0
    switches: int = 0
    models: Counter[str] = field(default_factory=Counter)


def steps(
    tasks: tuple[str, ...], count: int, classifier: TaskClassifier, *, fails: bool = False
) -> Iterator[Step]:
    """The session. Where it ``fails``, one test fails twice in every third task, a third of the way
    in.
    """
    each = count // len(tasks)
    growth = (END - BEGIN) / count
    messages: list[Message] = [system(_text(BEGIN))]
    now, number = START, 0
    for place, task in enumerate(tasks):
        messages.append(user(task))
        for step in range(each):
            request = ChatRequest(tuple(messages), tools=TOOLS)
            signals = read_signals(request, internal_code=False, classifier=classifier)
            yield Step(request, signals, now, step == 0)
            number += 1
            broken = fails and place % 3 == 0 and step in {each // 3, each // 3 + 2}
            messages += _worked(number, growth, fails=broken)
            now += STEP
        now += PAUSE


def _worked(number: int, growth: float, *, fails: bool) -> tuple[Message, Message]:
    name, arguments = ("bash", "pytest -q") if fails else ("read_file", f"src/part_{number}.py")
    said = "Exit code 1\n" if fails else ""
    text = Text(said + _text(int(growth) - 60))
    return (
        Message("assistant", (ToolCall(f"c{number}", name, f'{{"what": "{arguments}"}}'),)),
        Message("tool", (ToolResult(f"c{number}", (text,)),)),
    )


def _text(tokens: int) -> str:
    return _FILLER * max(1, round(tokens / 25))


def by_policy(
    policy: RoutingPolicy, session: list[Step], cards: dict[str, ModelCard], *, cached: bool = True
) -> Bill:
    """The session as ``policy`` routes it."""
    tiers, caches, bill = Tiers.load(), Caches(policy.cache_lasts, off=not cached), Bill()
    holding: Holding | None = None
    before, switches = "", 0
    for step in session:
        chosen = plan(
            PlanInput(
                policy, tiers, step.signals, cards, RoutingContext(step.now),
                local=LOCAL.id, holding=holding,
            )
        )  # fmt: skip
        model = chosen.first.model
        switches = 0 if step.first else switches + (model != before)
        bill.switches, before = max(bill.switches, switches), model
        usage = _pay(bill, cards[model], step, caches)
        if cards[model].place is Place.CLOUD:
            kept = usage.cache_read + usage.cache_write_short + usage.cache_write_long
            holding = Holding(
                model, kept, step.signals.task, usage.input, step.now, step.signals.turns
            )
    return bill


def by_model(
    card: ModelCard, session: list[Step], lasts: timedelta, *, cached: bool = True
) -> Bill:
    """The session with one model for everything."""
    bill, caches = Bill(), Caches(lasts, off=not cached)
    for step in session:
        _pay(bill, card, step, caches)
    return bill


def _pay(bill: Bill, card: ModelCard, step: Step, caches: Caches) -> Usage:
    answer = FIRST_ANSWER if step.first else ANSWER
    usage = caches.use(card, step.signals.input_tokens, answer, step.now)
    bill.models[card.id] += 1
    if card.place is Place.CLOUD:
        cost = float(card.prices.cost(usage, step.now).amount or 0)
        again = replace(caches, _held=dict(caches._held))
        twice = again.use(card, step.signals.input_tokens, answer, step.now)
        bill.usd += cost
        more = float(card.prices.cost(twice, step.now).amount or 0) if card.grade == 1 else 0.0
        bill.if_twice += cost + more
    return usage


def run(
    tasks: tuple[str, ...], count: int = 60, models: Path | None = None, *, fails: bool = False
) -> tuple[dict[str, Bill], dict[str, Bill]]:
    """The bills of one shape: by policy, and with one model for everything."""
    catalog = Catalog.load()
    cards = {**catalog.cards, LOCAL.id: LOCAL}
    session = [*steps(tasks, count, TaskClassifier.load(models), fails=fails)]
    against = yardsticks(Tiers.load(), catalog.cards, START)
    assert against.premium is not None
    assert against.single is not None
    cheap = cards[Tiers.load().models("worker", 0)[0]]
    both = timedelta(minutes=5), timedelta(hours=1)
    alone = {
        f"all on {card.id}": min(
            (by_model(card, session, lasts) for lasts in both), key=lambda bill: bill.usd
        )
        for card in (against.premium, against.single, cheap)
    }
    return {
        name: by_policy(RoutingPolicy.named(name), session, cards) for name in policy_names()
    }, alone


def main() -> None:
    """Print a table for each shape."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--models", type=Path)
    options = parser.parse_args()
    for shape, tasks in SHAPES.items():
        (policies, alone), (failing, _) = (
            run(tasks, options.steps, options.models, fails=fails) for fails in (False, True)
        )
        premium = next(iter(alone.values())).usd
        print(f"\n{shape}, {options.steps} steps from {BEGIN:,} to {END:,} tokens: times cheaper")
        print(f"  {'':32} {'USD':>7} {'':>7} {'twice':>7} {'failing':>7} {'switches':>8}  models")
        for name, bill in (*alone.items(), *policies.items()):
            worse = failing.get(name, bill)
            used = ", ".join(f"{model} x{count}" for model, count in bill.models.most_common())
            print(
                f"  {name:32} {bill.usd:7.3f} {_times(premium, bill.usd):>7}"
                f" {_times(premium, bill.if_twice):>7} {_times(premium, worse.usd):>7}"
                f" {max(bill.switches, worse.switches):8}  {used}"
            )


def _times(premium: float, usd: float) -> str:
    return f"{premium / usd:.2f}" if usd else "free"


if __name__ == "__main__":
    main()
