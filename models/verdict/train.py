# ruff: noqa: INP001, T201, S311  (a script beside its data, which prints and draws with a seed)
"""Train the scale that weighs suspicions: ``scale.npz``, ``inputs.json`` and ``figures.json``.

    python -m models.verdict.train --models FOLDER --packages FOLDER [--folds]

The first folder holds the models that read texts (``e5``, ``minilm``, ``rampart``), the second one
keeps the published packages of ``reading.py``, of which the harmless reading of coding agents is
learned. The prompts of
``voices/`` are ours: one file a voice, each written by a hand of its own. ``split.yaml`` says
which voices the scale learns from, which choose its calibration, and which only report. Voices
are never divided. ``--folds`` also learns without each of the training voices in turn and reports
on it.

Each prompt is learned twice: as it stands, and in other dress (another case, a quote, a list,
JSON, a comment, words or a harmless prompt before or after, two letters swapped), since dress says
nothing of privacy.
Prompts about private and invented people are also learned with common names (common-names.yaml).
A prompt is a bag of windows of which the most private one counts; the network has one hidden layer
and is the mean of several that begin from other seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

# One thread sums in one order, whatever the machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import msgspec
import numpy as np
import yaml

from edgeroute.encoders.bert import WIDTH
from edgeroute.privacy.detecting.names.names import (
    PERSON_LABELS,
    Names,
    is_attributed,
    streets,
)
from edgeroute.privacy.detecting.names.rampart import NameSpan, Rampart
from edgeroute.privacy.detecting.stages import stages
from edgeroute.privacy.detecting.text.normalise import normalise
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.privacy.detecting.text.windows import windows
from edgeroute.privacy.detecting.weighing.evidence import (
    GROUPS,
    WindowView,
    evidence,
    is_said,
    is_suspect,
)
from edgeroute.privacy.detecting.weighing.kinds import is_left_open
from edgeroute.privacy.detecting.weighing.weigher import Weigher, window
from edgeroute.privacy.policy import PrivacyPolicy
from models.verdict.plants import Piece, pieces
from models.verdict.reading import published

HERE: Final = Path(__file__).parent
SEEDS: Final = (2026, 2027, 2028, 2029, 2030, 2031)
HIDDEN: Final = 64
EPOCHS: Final = 80
RATE: Final = 2e-3
BATCH: Final = 128
DROPPED_INPUT: Final = 0.5
DROPPED_HIDDEN: Final = 0.2
DECAY: Final = 0.02
GATE_HIDDEN: Final = 16
GATE_EPOCHS: Final = 20
# The same of the gate that also knows what an English text is about.
ENGLISH_HIDDEN: Final = 32
ENGLISH_DROPPED: Final = 0.3
ENGLISH_MISSED: Final = 0.005
GATE_LEARNED: Final = -0.5  # raw odds of a window that the gate learns to let through
GATE_TOLD: Final = 0.5  # raw odds of a window that tells something
GATE_MISSED: Final = 0.002  # the share of those that the gate may miss
FARTHEST: Final = 5.0
SURE: Final = 0.7  # how surely a name is seen that is replaced
RENAMED: Final = frozenset({"fiction", "trivial"})  # harmless tiers of which this is done too
CERTAIN: Final = 0.5  # how sure a fact is that decides alone
MOST_WINDOWS: Final = 80  # of a package
# What each of the three vectors tells, in the order in which the weigher gives them.
VECTORS: Final = ("what", "who", "what")
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


@dataclass(frozen=True, slots=True)
class Table:
    """Windows as numbers, the prompt that each belongs to, and whether each prompt is private."""

    inputs: Any
    prompts: Any
    private: Any

    def of(self, chosen: Any) -> Table:
        """The table of the prompts ``chosen``."""
        rows = np.isin(self.prompts, chosen)
        place = np.full(len(self.private), -1)
        place[chosen] = np.arange(len(chosen))
        return Table(self.inputs[rows], place[self.prompts[rows]], self.private[chosen])

    def most(self, raw: Any) -> Any:
        """The highest of ``raw`` of each prompt's windows."""
        highest = np.full(len(self.private), -np.inf)
        np.maximum.at(highest, self.prompts, raw)
        return highest


@dataclass(frozen=True, slots=True)
class Network:
    """One hidden layer over standardised inputs."""

    mean: Any
    spread: Any
    first: Any
    first_bias: Any
    second: Any
    second_bias: Any

    def raw(self, inputs: Any) -> Any:
        """The logarithm of the odds, not calibrated."""
        given = ((inputs - self.mean) / self.spread).clip(-FARTHEST, FARTHEST)
        return np.maximum(given @ self.first + self.first_bias, 0) @ self.second + self.second_bias


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


def _dressed(prompts: Sequence[tuple[str, Prompt]]) -> Iterator[tuple[str, Prompt]]:
    """Every prompt in another dress, which depends on itself and on the harmless ones of its
    voice.
    """
    harmless: dict[str, list[str]] = defaultdict(list)
    for name, prompt in prompts:
        if not prompt.private:
            harmless[name].append(prompt.text)
    for name, prompt in prompts:
        rng = random.Random(f"{SEEDS[0]} {prompt.id}")
        text = dressed(prompt.text, rng.choice(harmless[name]), rng)
        yield name, msgspec.structs.replace(prompt, text=text)


def _renamed(prompts: Sequence[tuple[str, Prompt]], reader: Reader) -> Iterator[tuple[str, Prompt]]:
    """Prompts about private and invented people once more, with names that many people have."""
    listed = yaml.safe_load((HERE / "common-names.yaml").read_text("utf-8"))
    names = {kind.upper(): text.split(", ") for kind, text in listed.items()}
    names["GIVEN_NAME"] = names.pop("GIVEN")
    for name, prompt in prompts:
        if not (prompt.private or prompt.tier in RENAMED):
            continue
        rng = random.Random(f"{SEEDS[0]} {prompt.id}")
        chosen: dict[str, str] = {}
        text = prompt.text
        for span in reversed(reader.people(text)):
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


class Reader:
    """Turns texts into the numbers that the scale is given."""

    def __init__(self, models: Path) -> None:
        self._finders = tuple(stages(PrivacyPolicy.load()))
        self._names = Names(Rampart(models / "rampart"))
        self._weigher = Weigher(models)

    def people(self, text: str) -> list[NameSpan]:
        """The names in ``text`` that are sure, where normalising it moves none."""
        page = Page(normalise(text).text, full=True)
        if page.text != text:
            return []
        spans = self._names.spans(page)
        return [one for one in spans if one.label in PERSON_LABELS and one.score >= SURE]

    def read(self, text: str, *, suspected: bool = False) -> Iterator[Any]:
        """The numbers of each window of ``text``; of those alone that are ``suspected`` of more
        than their makers' names, and hold no fact that decides alone.
        """
        page = Page(normalise(text).text, full=True)
        spans = [one for one in self._names.spans(page) if not is_attributed(page, one)]
        hits: list[Hit] = [*streets(page, spans)]
        for finder in self._finders:
            if page.holds(finder.needs):
                hits += (hit for hit in finder.find(page) if not page.dummy(hit))
        for start, end in windows(page.text):
            seen = window(page, spans, hits, start, end)
            if suspected and not (is_said(seen.text) and is_suspect(seen) and _is_open(seen, page)):
                continue
            vectors, numbers = self._weigher.inputs(seen)
            if vectors:
                yield np.concatenate([*vectors, np.asarray(numbers)]).astype(np.float32)


def _is_open(seen: WindowView, page: Page) -> bool:
    """Whether what was seen in a window leaves it to the scale."""
    published = page.form.is_published
    return all(hit.score < CERTAIN or is_left_open(hit, published=published) for hit in seen.hits)


def with_reading(given: Table, cache: Path, written: Sequence[Piece], reader: Reader) -> Table:
    """``given`` and what agents read: windows of published packages, each as a harmless prompt of
    its own, invented rows and the pieces ``written`` among code, and those pieces alone.
    """
    inputs, prompts, private = list(given.inputs), list(given.prompts), list(given.private)
    put = [(piece.text, piece.private) for piece in written]
    for name, read, among in published(cache, written):
        put += among
        rows = [row for text in read for row in reader.read(text, suspected=True)]
        for row in random.Random(name).sample(rows, min(MOST_WINDOWS, len(rows))):
            inputs.append(row)
            prompts.append(len(private))
            private.append(0.0)
    for text, told in put:
        seen = list(reader.read(text))
        if seen:
            inputs += seen
            prompts += [len(private)] * len(seen)
            private.append(float(told))
    return Table(np.array(inputs), np.array(prompts), np.array(private, np.float32))


def table(prompts: Sequence[tuple[str, Prompt]], reader: Reader) -> Table:
    """All prompts as numbers."""
    inputs, numbers = [], []
    for number, (_, prompt) in enumerate(prompts):
        for row in reader.read(prompt.text):
            inputs.append(row)
            numbers.append(number)
    private = np.array([prompt.private for _, prompt in prompts], np.float32)
    return Table(np.array(inputs), np.array(numbers), private)


def learned(
    given: Table,
    seed: int,
    *,
    hidden: int = HIDDEN,
    epochs: int = EPOCHS,
    dropped: float = DROPPED_INPUT,
) -> Network:
    """A network that tells private prompts from others. Adam with decay and a falling rate."""
    rng = np.random.default_rng(seed)
    mean, spread = given.inputs.mean(0), given.inputs.std(0) + 1e-3
    inputs = ((given.inputs - mean) / spread).clip(-FARTHEST, FARTHEST)
    width = inputs.shape[1]
    weights = [
        (rng.normal(size=(width, hidden)) / width**0.5).astype(np.float32),
        np.zeros(hidden, np.float32),
        (rng.normal(size=hidden) / hidden**0.5).astype(np.float32),
        np.zeros(1, np.float32),
    ]
    moments = [(np.zeros_like(one), np.zeros_like(one)) for one in weights]
    step = 0
    for epoch in range(epochs):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        raw = np.maximum(inputs @ weights[0] + weights[1], 0) @ weights[2] + weights[3]
        told = _most_private(given, raw)
        order = rng.permutation(len(given.private))
        for batch in np.array_split(order, max(1, len(order) // BATCH)):
            step += 1
            slopes = _slopes(inputs[told[batch]], given.private[batch], weights, rng, dropped)
            for place, slope in enumerate(slopes):
                first, second = moments[place]
                first += 0.1 * (slope - first)
                second += 0.001 * (slope**2 - second)
                move = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
                decay = DECAY * weights[place] if weights[place].ndim > 1 or place == 2 else 0
                weights[place] = (weights[place] - rate * (move + decay)).astype(np.float32)
    return Network(mean, spread, *weights)


def _most_private(given: Table, raw: Any) -> Any:
    """The place of each prompt's most private window."""
    order = np.lexsort((raw, given.prompts))
    last = np.append(np.flatnonzero(np.diff(given.prompts[order])), len(order) - 1)
    return order[last]


def _slopes(
    given: Any, private: Any, weights: Sequence[Any], rng: Any, dropped: float
) -> list[Any]:
    """How the loss changes with each weight, on inputs of which some are left out by chance."""
    given = given * (rng.random(given.shape) > dropped) / (1 - dropped)
    before = given @ weights[0] + weights[1]
    kept = (rng.random(before.shape) > DROPPED_HIDDEN) / (1 - DROPPED_HIDDEN)
    hidden = np.maximum(before, 0) * kept
    raw = hidden @ weights[2] + weights[3]
    error = (1 / (1 + np.exp(-raw)) - private) / len(private)
    back = np.outer(error, weights[2]) * kept * (before > 0)
    return [given.T @ back, back.sum(0), hidden.T @ error, np.array([error.sum()])]


def gate(network: Network, read: Table, chosen: Table, *, english: bool = False) -> Network:
    """A small network that tells by their evidence alone which windows ``network`` gives weight;
    positive for all but a few of those of ``chosen``. Of ``english`` windows it is given the last
    vector, too, which is that of English text.
    """
    numbers = len(evidence(WindowView("", (), ())))
    width = numbers + WIDTH if english else numbers
    learn, choose = (
        one.inputs[one.inputs[:, -numbers - WIDTH : -numbers].any(axis=1)]
        if english
        else one.inputs
        for one in (read, chosen)
    )
    weighs = network.raw(learn) > GATE_LEARNED
    windows_of = Table(learn[:, -width:], np.arange(len(weighs)), weighs.astype(np.float32))
    hidden, dropped, missed = (
        (ENGLISH_HIDDEN, ENGLISH_DROPPED, ENGLISH_MISSED)
        if english
        else (GATE_HIDDEN, 0.0, GATE_MISSED)
    )
    found = learned(windows_of, SEEDS[0], hidden=hidden, epochs=GATE_EPOCHS, dropped=dropped)
    told = found.raw(choose[network.raw(choose) > GATE_TOLD, -width:])
    return replace(found, second_bias=found.second_bias - np.quantile(told, missed))


def joined(networks: Sequence[Network]) -> Network:
    """One network that says the mean of what several say."""
    one = networks[0]
    return Network(
        one.mean,
        one.spread,
        np.concatenate([each.first for each in networks], axis=1),
        np.concatenate([each.first_bias for each in networks]),
        np.concatenate([each.second for each in networks]) / len(networks),
        np.mean([each.second_bias for each in networks], axis=0),
    )


def calibrated(raw: Any, private: Any) -> tuple[float, float]:
    """Slope and offset that make probabilities of raw odds (Platt 1999), by Newton's method."""
    slope, offset = 1.0, 0.0
    for _ in range(50):
        said = 1 / (1 + np.exp(-(slope * raw + offset)))
        error, weight = said - private, said * (1 - said) + 1e-9
        gradient = np.array([(error * raw).sum(), error.sum()])
        bend = np.array(
            [
                [(weight * raw * raw).sum(), (weight * raw).sum()],
                [(weight * raw).sum(), weight.sum()],
            ]
        )
        move = np.linalg.solve(bend, gradient)
        slope, offset = slope - move[0], offset - move[1]
    return float(slope), float(offset)


def figures(raw: Any, prompts: Sequence[tuple[str, Prompt]]) -> dict[str, dict[str, float]]:
    """How well ``raw`` tells private from harmless, in each group of languages: the area under the
    curve, and recall where 3 % of harmless prompts are held. Own stories are left out.
    """
    private = np.array([prompt.private for _, prompt in prompts])
    told = np.array([prompt.tier != "own" for _, prompt in prompts])
    groups = np.array([group(prompt.lang) for _, prompt in prompts])
    found = {}
    for name in sorted(set(groups)):
        yes = raw[(groups == name) & private & told]
        no = np.sort(raw[(groups == name) & ~private])
        area = float((np.searchsorted(no, yes) / len(no)).mean())
        found[name] = {
            "area": round(area, 3),
            "recall": round(float((yes > np.quantile(no, 0.97)).mean()), 3),
        }
    return found


def group(language: str) -> str:
    """English, another language in Latin letters, or another script."""
    if language == "en":
        return "english"
    return "scripts" if language in {"ja", "ko", "zh", "ar", "hi", "ru"} else "latin"


def main() -> None:
    """Train, and write the files beside this one."""
    options = argparse.ArgumentParser(description="Train the scale that weighs suspicions.")
    options.add_argument("--models", type=Path, required=True)
    options.add_argument("--packages", type=Path, required=True)
    options.add_argument("--folds", action="store_true", help="also report on each voice left out")
    asked = options.parse_args()
    split = yaml.safe_load((HERE / "split.yaml").read_text("utf-8"))
    reader = Reader(asked.models)
    training = voices(split["training"])
    training += [*_dressed(training), *_renamed(training, reader)]
    given = table(training, reader)
    told: dict[str, Any] = {}
    if asked.folds:
        told["folds"] = figures(_left_out(given, training), training)
        print("folds", json.dumps(told["folds"]))
    read = with_reading(given, asked.packages, pieces(), reader)
    network = joined([learned(read, seed) for seed in SEEDS])
    choosing = voices(split["calibration"])
    chosen = table(choosing, reader)
    raw = chosen.most(network.raw(chosen.inputs))
    groups = np.array([group(prompt.lang) for _, prompt in choosing])
    calibration = {
        name: calibrated(raw[groups == name], chosen.private[groups == name]) for name in GROUPS
    }
    told["calibration"] = figures(raw, choosing)
    print("calibration", json.dumps(told["calibration"]), calibration)
    held = list(_held(network))
    for prefix, english in (("gate", False), ("english", True)):
        small = gate(network, read, chosen, english=english)
        held += [(f"{prefix}_{name}", value) for name, value in _held(small)]
    np.savez_compressed(HERE / "scale.npz", **dict(held))
    names = list(evidence(WindowView("", (), ())))
    places = [(name, n * WIDTH, (n + 1) * WIDTH) for n, name in enumerate(VECTORS)]
    (HERE / "inputs.json").write_text(
        json.dumps({"vectors": places, "calibration": calibration, "evidence": names}, indent=1)
        + "\n"
    )
    told = {
        "seeds": SEEDS,
        "prompts": len(training),
        "windows": len(read.private) - len(training),
        **told,
    }
    (HERE / "figures.json").write_text(json.dumps(told, indent=1) + "\n")


def _held(network: Network) -> Iterator[tuple[str, Any]]:
    for name in ("mean", "spread", "first", "first_bias", "second", "second_bias"):
        value = getattr(network, name)
        yield name, value.astype(np.float16 if name in {"first", "second"} else np.float32)


def _left_out(given: Table, prompts: Sequence[tuple[str, Prompt]]) -> Any:
    """What a network that never saw a prompt's voice says of it."""
    voice = np.array([name for name, _ in prompts])
    raw = np.zeros(len(prompts))
    for name in sorted(set(voice)):
        known = given.of(np.flatnonzero(voice != name))
        network = joined([learned(known, seed) for seed in SEEDS[:2]])
        left = voice == name
        raw[left] = given.most(network.raw(given.inputs))[left]
    return raw


if __name__ == "__main__":
    main()
