# ruff: noqa: INP001  (a script beside its data, not a package)
"""Build the training prompts: the written ones, and combinations of pastes and asks."""

from __future__ import annotations

import csv
import itertools
import random
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

SEED: Final = 20261122
_SHORT_WORD: Final = 3
_SLIPS: Final = 0.18
_GREETINGS: Final = (
    "Hi! ", "hello, ", "Hey there, ", "Good morning. ", "Hi, I hope you are well. ", "please ",
    "Hello, can you help me? ", "Quick question: ", "hey so ", "Dear assistant, ",
)  # fmt: skip
_LONG_WORD: Final = re.compile(r"[^\W\d_]{4,}")
FOLDER: Final = Path(__file__).parent / "training"


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt with its label, and the labels that would also be right."""

    prompt: str
    label: str
    alternatives: tuple[str, ...] = ()
    source: str = "written"


def written() -> list[Example]:
    r"""The prompts of prompts-*.tsv: label, alternatives, prompt with \\n for line breaks."""
    found = []
    for path in sorted(FOLDER.glob("prompts-*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for label, also, prompt in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                text = prompt.replace("\\n", "\n").replace("\\t", "\t")
                found.append(Example(text, label, tuple(filter(None, also.split(",")))))
    return found


def vocabulary() -> list[str]:
    """The words of the written prompts that occur twice at least, the commonest first."""
    texts = (example.prompt.lower() for example in written())
    counts = Counter(word for text in texts for word in _LONG_WORD.findall(text))
    known = [word for word, count in counts.items() if count > 1]
    return sorted(known, key=lambda word: (-counts[word], word))


def perturbed(examples: list[Example], draw: random.Random | None = None) -> list[Example]:
    """Each example once with slips of the fingers, then each once after a greeting: the same order
    twice. What people mean does not change by it.
    """
    draw = draw or random.Random(SEED + 1)  # noqa: S311  (a fixed draw, not a secret)
    slips = [replace(e, prompt=_slipped(e.prompt, draw), source="slips") for e in examples]
    greeted = [
        replace(e, prompt=draw.choice(_GREETINGS) + e.prompt, source="greeted") for e in examples
    ]
    return [*slips, *greeted]


def _slipped(text: str, draw: random.Random) -> str:
    """``text`` with a slip in about every sixth longer word of its prose."""
    words = [
        _slip(word, draw)
        if len(word) > _SHORT_WORD and word.isalpha() and draw.random() < _SLIPS
        else word
        for word in text.split(" ")
    ]
    return " ".join(words)


def _slip(word: str, draw: random.Random) -> str:
    """``word`` with two letters changed round, one left out, or one doubled."""
    at = draw.randrange(1, len(word) - 1)
    ways = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
    )
    return draw.choice(ways)


def composed() -> list[Example]:
    """Combinations of pastes.yaml, the same ones every time."""
    draw = random.Random(SEED)  # noqa: S311  (a fixed draw, not a secret)
    data = yaml.safe_load((FOLDER / "pastes.yaml").read_text("utf-8"))
    return [*_asks(data, draw, "code", 7), *_asks(data, draw, "text", 4), *_plans(data, draw)]


def _asks(data: dict[str, Any], draw: random.Random, kind: str, each: int) -> list[Example]:
    found = []
    for label, asks in data[f"about_{kind}"].items():
        for ask in asks:
            for paste in draw.sample(data[kind], min(each, len(data[kind]))):
                body = paste.rstrip("\n")
                if ask.get("cut"):
                    lines = body.split("\n")
                    body = "\n".join(lines[: draw.randint(max(1, len(lines) // 3), len(lines) - 1)])
                elif kind == "code" and draw.random() < 0.3:
                    body = f"```\n{body}\n```"
                gap = draw.choice(["\n", "\n\n", "\n\n\n"])
                error = draw.choice(data["errors"])
                parts = [ask.get("before", ""), body, ask.get("after", "")]
                text = gap.join(filter(None, parts)).replace("{error}", error)
                found.append(Example(text, label, tuple(ask.get("or", ())), f"composed:{kind}"))
    return found


def _plans(data: dict[str, Any], draw: random.Random) -> list[Example]:
    found = []
    for question, load in itertools.product(data["questions"], data["loads"]):
        text = data["systems"][0].format(
            thing=draw.choice(data["things"]), load=load, team=draw.choice(data["teams"]),
            question=question,
        )  # fmt: skip
        found.append(Example(text, "architecture_review", (), "composed:system"))
    for project, stack in itertools.product(data["projects"], data["stacks"]):
        text = project.format(
            thing=draw.choice(data["small_things"]), stack=stack,
            features=draw.choice(data["features"]),
        )  # fmt: skip
        found.append(Example(text, "implement", (), "composed:project"))
    return found
