# ruff: noqa: INP001, S311  (a script beside its data, which draws with a seed)
"""The prompts of ``voices/``: each as it stands, and as it is learned.

Each prompt is learned twice: as it stands, and in other dress (another case, a quote, a list,
JSON, a comment, words or a harmless prompt before or after, two letters swapped), since dress says
nothing of privacy. Prompts about private and invented people are also learned with common names
(common-names.yaml).
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import yaml

from edgeroute.privacy.detecting.names.rampart import NameSpan

HERE: Final = Path(__file__).parent
SEED: Final = 2026
RENAMED: Final = frozenset({"fiction", "trivial"})  # harmless tiers of which this is done too
DRESS: Final = (
    ("Have a look at this.\n\n", ""),
    ("", "\n\nThank you so much!"),
    ("", " What would you do?"),
    ("Second try: ", ""),
    ("Is this text good?\n", "\n"),
    ("Auf Englisch bitte: ", ""),
    ("", "\n\nKeep it short."),
    ("Fix the spelling: ", ""),
    ("Hello! ", " Can you help me with that?"),
    ("Context for later, say only OK. ", ""),
)


class Prompt(msgspec.Struct, frozen=True):
    """A row of a voice. ``tier`` says what kind of private or harmless text it is."""

    id: str
    lang: str
    private: bool
    tier: str
    text: str


def dressed(text: str, harmless: str, rng: random.Random) -> str:
    """``text`` in another dress, which says nothing about what it holds; ``harmless`` is a text
    that may stand beside it.
    """
    lines = text.split("\n")
    before, after = rng.choice(DRESS)
    return rng.choice(
        (
            text.lower(),
            text.upper(),
            json.dumps({"id": rng.randrange(99), "text": text}, ensure_ascii=False),
            *("\n".join(f"{mark} {line}" for line in lines) for mark in (">", "#", "-")),
            "".join(_swapped(word, rng) for word in re.split(r"(\s)", text)),
            " ".join(lines),
            f"\u201c{text}\u201d",
            *[f"{before}{text}{after}"] * 3,
            *[f"{harmless}\n\n{text}", f"{text}\n\n{harmless}"] * 2,
        )
    )


def in_dress(prompts: Sequence[tuple[str, Prompt]]) -> Iterator[tuple[str, Prompt]]:
    """Every prompt in another dress, which depends on itself and on the harmless ones of its
    voice.
    """
    harmless: dict[str, list[str]] = defaultdict(list)
    for name, prompt in prompts:
        if not prompt.private:
            harmless[name].append(prompt.text)
    for name, prompt in prompts:
        rng = random.Random(f"{SEED} {prompt.id}")
        text = dressed(prompt.text, rng.choice(harmless[name]), rng)
        yield name, msgspec.structs.replace(prompt, text=text)


def renamed(
    prompts: Sequence[tuple[str, Prompt]], people: Callable[[str], Sequence[NameSpan]]
) -> Iterator[tuple[str, Prompt]]:
    """Prompts about private and invented people once more, with names that many people have;
    ``people`` finds those in a text.
    """
    listed = yaml.safe_load((HERE / "common-names.yaml").read_text("utf-8"))
    names = {kind.upper(): text.split(", ") for kind, text in listed.items()}
    names["GIVEN_NAME"] = names.pop("GIVEN")
    for name, prompt in prompts:
        if not (prompt.private or prompt.tier in RENAMED):
            continue
        rng = random.Random(f"{SEED} {prompt.id}")
        chosen: dict[str, str] = {}
        text = prompt.text
        for span in reversed(people(text)):
            old = text[span.start : span.end]
            new = chosen.setdefault(old.lower(), rng.choice(names[span.label]))
            new = new.lower() if old.islower() else new.upper() if old.isupper() else new
            text = f"{text[: span.start]}{new}{text[span.end :]}"
        if text != prompt.text:
            yield name, msgspec.structs.replace(prompt, text=text)


def _swapped(word: str, rng: random.Random) -> str:
    """Now and then a long word with two letters swapped."""
    if len(word) < 6 or rng.random() > 0.12:
        return word
    place = rng.randrange(1, len(word) - 2)
    return f"{word[:place]}{word[place + 1]}{word[place]}{word[place + 2 :]}"


def voices(names: Iterable[str]) -> list[tuple[str, Prompt]]:
    """Every prompt of the voices, each with the name of its voice."""
    return [
        (name, msgspec.json.decode(line, type=Prompt))
        for name in names
        for line in (HERE / "voices" / f"{name}.jsonl").read_bytes().splitlines()
        if line.strip()
    ]


def group(language: str) -> str:
    """English, another language in Latin letters, or another script."""
    if language == "en":
        return "english"
    return "scripts" if language in {"ja", "ko", "zh", "ar", "hi", "ru"} else "latin"
