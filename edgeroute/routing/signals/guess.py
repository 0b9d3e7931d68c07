"""What a classifier makes of a text: ranked labels, and the one guess that is acted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from edgeroute.routing.signals.keywords import DOMAINS

# A domain is named from this probability on, even where a task is likelier.
DOMAIN_FROM: Final = 0.4
_PLAIN: Final = 0.5


@dataclass(frozen=True, slots=True)
class Ranked:
    """The likeliest labels (tasks and domains) with calibrated probabilities, best first.

    ``abstains`` says that the best one is not sure. ``hardness`` is the probability that the prompt
    needs the better model; None where nobody can tell.
    """

    labels: tuple[tuple[str, float], ...]
    abstains: bool
    hardness: float | None = None


@dataclass(frozen=True, slots=True)
class Guess:
    """A task and a domain, and how sure each is (0..1).

    ``task`` is the likeliest one even where it is ``doubtful``; ``second`` is the next one. A
    domain is empty where none is likely.
    """

    task: str = ""
    confidence: float = 0.0
    domain: str = ""
    domain_confidence: float = 0.0
    doubtful: bool = False
    second: str = ""
    hardness: float | None = None


class Classifier(Protocol):
    """Anything that names the task of a text."""

    def rank(self, text: str, *, closely: bool = True) -> Ranked:
        """The labels of ``text``. Looking ``closely`` takes longer where it is unsure."""
        ...


def guess(ranked: Ranked) -> Guess:
    """What ``ranked`` comes to. A domain takes nothing from how sure the task beside it is."""
    tasks = [pair for pair in ranked.labels if pair[0] not in DOMAINS and pair[0]]
    domains = [pair for pair in ranked.labels if pair[0] in DOMAINS]
    domain, domain_sure = domains[0] if domains else ("", 0.0)
    best = ranked.labels[0][0] if ranked.labels else ""
    named = domain_sure >= DOMAIN_FROM or (domain == best != "" and not ranked.abstains)
    task, sure = tasks[0] if tasks else ("", 0.0)
    rest = 1 - sum(share for _, share in domains)
    if domain == best and rest > 0:
        sure = round(sure / rest, 3)
    return Guess(
        task,
        sure,
        domain if named else "",
        domain_sure if named else 0.0,
        ranked.abstains,
        tasks[1][0] if len(tasks) > 1 else "",
        ranked.hardness,
    )


def mixed(alone: Ranked, joined: Ranked, weight: float) -> Ranked:
    """``alone`` by ``weight`` (0..1), the rest is ``joined``."""
    odds = dict.fromkeys((label for label, _ in (*alone.labels, *joined.labels)), 0.0)
    for found, share in ((alone, weight), (joined, 1 - weight)):
        for label, sure in found.labels:
            odds[label] += share * sure
    order = sorted(odds.items(), key=lambda pair: -pair[1])
    surer = joined if weight < 0.5 else alone
    hardness = surer.hardness
    if alone.hardness is not None and joined.hardness is not None:
        hardness = weight * alone.hardness + (1 - weight) * joined.hardness
    return Ranked(
        tuple((label, round(sure, 3)) for label, sure in order),
        surer.abstains and (not order or order[0][1] < _PLAIN),
        hardness,
    )
