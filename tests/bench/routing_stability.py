# ruff: noqa: T201 - it prints its tables
"""Whether routes are sensible, stable, and follow the subject of a conversation.

    python -m tests.bench.routing_stability [--models FOLDER]

Each pair of data/same_questions.tsv is asked in other words, after a greeting, with slips of the
fingers, and with all of it; the pairs of data/same_kinds.tsv are changed by hand, each in one way,
in many languages. 400 pairs are "unseen": nothing was fitted to them. Each row of
data/followups.tsv is a conversation whose last turn leans on what came before, or leaves it. The
prompts of data/routes.tsv were labelled before they were routed: a hard one belongs to a model of
the best grade, an easy one to any other. What was looked at while this was built stands apart from
what was not.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edgeroute.core.messages import assistant, user
from edgeroute.core.model_card import Place
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import Signals
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.routing.plan.eligibility import RoutingContext
from edgeroute.routing.plan.plan_input import PlanInput
from edgeroute.routing.plan.planner import plan
from edgeroute.routing.policy.policy import RoutingPolicy, policy_names
from edgeroute.routing.policy.tiers import Tiers
from edgeroute.routing.signals.classifier import TaskClassifier
from edgeroute.routing.signals.keywords import DOMAINS
from edgeroute.routing.signals.signals import read_signals
from tests.bench.agent_session import LOCAL

DATA: Final = Path(__file__).parent / "data"
NOW: Final = datetime(2026, 11, 28, 15, tzinfo=UTC)
GREETINGS: Final = (
    "Hi there, ", "hello! ", "Good evening, I have a question. ", "Hey :) ", "Excuse me, ",
    "Hi, hope you're doing well. ", "Good morning! ", "Hello, could you help? ",
)  # fmt: skip
LETTERS: Final = "aeiorst"
LONG: Final = 4
_BEST: Final = 3


def rows(name: str) -> Iterator[list[str]]:
    """The rows of a file of data/."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if not row[0].startswith("#"):
                yield [cell.replace("\\n", "\n") for cell in row]


def slipped(text: str, draw: random.Random) -> str:
    """``text`` with a slip in every fourth of its longer words, at least one."""
    words = text.split(" ")
    able = [n for n, word in enumerate(words) if len(word) > LONG and word.isalpha()]
    for n in draw.sample(able, min(len(able), max(1, len(able) // 4))):
        word = words[n]
        at = draw.randrange(1, len(word) - 2)
        words[n] = draw.choice(
            (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + draw.choice(LETTERS) + word[at + 1 :],
            )
        )
    return " ".join(words)


def pairs() -> Iterator[tuple[str, str, str, str]]:
    """Set, kind of change, a question, and the same question changed."""
    draw = random.Random(77)
    for name, one, other in rows("same_questions.tsv"):
        yield name, "other words", one, other
        for text in (one, other):
            yield name, "greeting", text, draw.choice(GREETINGS) + text
            yield name, "slips", text, slipped(text, draw)
            yield name, "slips", text, slipped(text, draw)
        yield name, "all of it", one, draw.choice(GREETINGS) + slipped(other, draw)
    for name, kind, one, other in rows("same_kinds.tsv"):
        yield name, kind, one, other


class Router:
    """Routes single questions by one policy, with every provider at hand."""

    def __init__(self, policy: RoutingPolicy, classifier: TaskClassifier) -> None:
        self.policy, self.classifier = policy, classifier
        self.tiers, self.cards = Tiers.load(), {**Catalog.load().cards, LOCAL.id: LOCAL}

    def model(self, text: str) -> str:
        """The model that is asked first."""
        signals = read_signals(
            ChatRequest((user(text),)),
            internal_code=False,
            classifier=self.classifier,
            thresholds=self.policy.thresholds,
        )
        context = RoutingContext(NOW)
        asked = PlanInput(self.policy, self.tiers, signals, self.cards, context, local=LOCAL.id)
        return plan(asked).first.model


UNSEEN: Final = ("fresh", "last", "kept")
SETS: Final = ("seen", "looked", *UNSEEN)


def stable(
    name: str, classifier: TaskClassifier, sets: tuple[str, ...] = SETS
) -> dict[tuple[str, str], list[bool]]:
    """For each set and kind of change, whether the routes are the same."""
    router, found = Router(RoutingPolicy.named(name), classifier), defaultdict(list)
    for which, kind, one, other in pairs():
        if which not in sets:
            continue
        found[which, kind].append(router.model(one) == router.model(other))
    return found


def followups(classifier: TaskClassifier) -> dict[str, list[bool]]:
    """For each voice, whether task, domain and picture of the last turn are right."""
    found = defaultdict(list)
    for voice, wanted, earlier, last in rows("followups.tsv"):
        said = [part for text in earlier.split(" || ") for part in (user(text), assistant("..."))]
        request = ChatRequest((*said, user(last)))
        signals = read_signals(request, internal_code=False, classifier=classifier)
        found[voice].append(_right(signals, wanted.split(",")))
    return found


def _right(signals: Signals, wanted: list[str]) -> bool:
    if wanted[0] in DOMAINS:
        return signals.domain == wanted[0]
    return signals.task in wanted and (wanted != ["image"] or signals.wants_picture)


def rubric(name: str, classifier: TaskClassifier) -> tuple[list[bool], list[bool]]:
    """Which hard prompts are sent too low, and for which easy ones is overpaid."""
    router = Router(RoutingPolicy.named(name), classifier)
    low: list[bool] = []
    over: list[bool] = []
    for label, text in rows("routes.tsv"):
        card = router.cards[router.model(text)]
        best = card.place is Place.CLOUD and card.grade == _BEST
        (low if label == "hard" else over).append(best is not (label == "hard"))
    return low, over


def share(hits: list[bool]) -> str:
    """So many of all."""
    return f"{sum(hits) / len(hits):.3f}"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path)
    classifier = TaskClassifier.load(parser.parse_args().models)
    print("the same question, the same model")
    for name in policy_names():
        found = stable(name, classifier)
        for which in SETS:
            kinds = {kind: hits for (where, kind), hits in found.items() if where == which}
            whole = [hit for hits in kinds.values() for hit in hits]
            parts = "  ".join(f"{kind} {share(hits)}" for kind, hits in kinds.items())
            print(f"  {name:18} {which:6} n={len(whole)}  {share(whole)}  {parts}")
        unseen = [hit for (where, _), hits in found.items() if where in UNSEEN for hit in hits]
        print(f"  {name:18} unseen n={len(unseen)}  {share(unseen)}")
    print("\nroutes by the rubric (always the best model: 0 too low, all easy ones overpaid)")
    for name in policy_names():
        low, over = rubric(name, classifier)
        print(
            f"  {name:18} sensible {1 - sum(low + over) / len(low + over):.3f}"
            f"  too low {sum(low)} of {len(low)}  overpaid {sum(over)} of {len(over)}"
        )
    print("\nthe last turn of a conversation, by voice (c and d were not looked at)")
    for voice, hits in sorted(followups(classifier).items()):
        print(f"  {voice}  n={len(hits)}  {share(hits)}")


if __name__ == "__main__":
    main()
