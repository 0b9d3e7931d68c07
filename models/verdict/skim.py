# ruff: noqa: INP001, T201  (a script beside its data, which prints)
"""Teach the skim, the first look at a window, what the scale says of windows: ``skim.npz``;
``skim.json`` says what it passes over.

    pip install torch && python -m models.verdict.skim --models FOLDER --packages FOLDER

The folders are those of ``adapt.py``. The windows are those of the same voices and packages; each
is worth what the scale as it is says of it. A third of the voices and packages at a time is left
out, and by what is said of them it is set where it passes over hardly any window that tells
something. On two processors all this takes some half an hour.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
import yaml
from torch import nn
from torch.nn import functional

from edgeroute.encoders.adapted import load
from edgeroute.encoders.bert import WIDTH
from edgeroute.encoders.sentences import SentenceEncoder
from edgeroute.privacy.detecting.weighing.evidence import GROUPS, form_of
from edgeroute.privacy.detecting.weighing.skim import FILE, KINDS, PUBLISHED, kind_of
from edgeroute.privacy.detecting.weighing.weigher import Weigher
from models.verdict.adapt import PARTS, SEED, part_of
from models.verdict.bags import Bag, Reader, filled
from models.verdict.plants import pieces
from models.verdict.prompts import HERE, voices

HIDDEN: Final = 64
FORM: Final = len(form_of(""))
INNER: Final = 48
EPOCHS: Final = 6
BATCH: Final = 128
RATE: Final = 2e-3
DROPPED: Final = 0.2
WORTH: Final = 0.08  # the weight of a window that is as likely to be worth reading as not
TOLD: Final = dict.fromkeys(GROUPS, 0.5) | {PUBLISHED: 0.15}  # weights that may count
MISSED: Final = 0.004  # the share of such windows that may be passed over
SURE: Final = 1e-4


class Window(NamedTuple):
    """A window, its voice or package, and its weight; ``plain`` if it stands as it was written, and
    nothing was seen in it that has it read anyway.
    """

    group: str
    text: str
    kind: str
    weight: float
    plain: bool


class Network(nn.Module):
    """What edgeroute/privacy/detecting/weighing/skim.py runs."""

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Linear(WIDTH, 3 * HIDDEN, bias=False)
        self.bias = nn.Parameter(torch.zeros(HIDDEN))
        self.first = nn.Linear(2 * HIDDEN + FORM, INNER)
        self.second = nn.Linear(INNER, 1, bias=False)

    def forward(self, rows: Any, there: Any, form: Any) -> Any:
        """The logarithm of the odds that windows of the pieces ``rows`` are worth reading."""
        before, here, after = self.near(self._some(rows)).chunk(3, -1)
        edge = torch.zeros_like(before[:, :1])
        seen = here + torch.cat([edge, before[:, :-1]], 1) + torch.cat([after[:, 1:], edge], 1)
        hidden = functional.relu(seen + self.bias) * there[..., None]
        mean = hidden.sum(1) / there.sum(1, keepdim=True)
        pooled = torch.cat([hidden.max(1).values, mean, form], 1)
        return self.second(self._some(functional.relu(self.first(self._some(pooled)))))[:, 0]

    def _some(self, given: Any) -> Any:
        return functional.dropout(given, DROPPED, self.training)


class Lesson:
    """Windows as the network is given them."""

    def __init__(self, windows: Sequence[Window], model: SentenceEncoder) -> None:
        self.windows = windows
        self._rows = [torch.tensor(model.looked_up(one.text)).half() for one in windows]
        self._form = torch.tensor([list(form_of(one.text).values()) for one in windows])
        weights = torch.tensor([one.weight for one in windows]).clamp(SURE, 1 - SURE)
        self._worth = torch.sigmoid(torch.logit(weights) - torch.logit(torch.tensor(WORTH)))

    def learn(self, chosen: Any) -> Network:
        """What was learned of the windows ``chosen``."""
        torch.manual_seed(SEED)
        chance = np.random.default_rng(SEED)
        network = Network()
        optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.02)
        step, steps = 0, EPOCHS * -(-len(chosen) // BATCH)
        for epoch in range(EPOCHS):
            total = 0.0
            for part in self._parts(chosen, chance):
                step += 1
                share = 0.5 * (1 + np.cos(np.pi * min(1, step / steps)))
                optimizer.param_groups[0]["lr"] = RATE * share
                said = network(*self._given(part))
                loss = functional.binary_cross_entropy_with_logits(said, self._worth[part])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
                optimizer.step()
                total += float(loss.detach())
            print(f"epoch {epoch + 1}: {total * BATCH / len(chosen):.4f}", flush=True)
        return network.eval()

    def said(self, network: Network, chosen: Any) -> Any:
        """What ``network`` says of the windows ``chosen``."""
        found = np.zeros(len(self.windows))
        with torch.no_grad():
            for part in self._parts(chosen):
                found[part] = network(*self._given(part)).numpy()
        return found[chosen]

    def _parts(self, chosen: Any, chance: Any = None) -> Iterator[Any]:
        """``chosen`` in parts of about the same length."""
        lengths = np.array([float(len(self._rows[one])) for one in chosen])
        if chance is not None:
            lengths += chance.random(len(lengths)) * 20
        order = np.asarray(chosen)[np.argsort(lengths)]
        parts = [order[first : first + BATCH] for first in range(0, len(order), BATCH)]
        if chance is not None:
            chance.shuffle(parts)
        yield from parts

    def _given(self, part: Any) -> tuple[Any, Any, Any]:
        rows = [self._rows[one].float() for one in part]
        padded = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        lengths = torch.tensor([len(one) for one in rows])
        there = (torch.arange(padded.shape[1]) < lengths[:, None]).float()
        return padded, there, self._form[part]


def weighed(bags: Iterable[Bag], weigher: Weigher) -> Iterator[Window]:
    """Each window of ``bags`` that has words."""
    for bag in bags:
        for seen in bag.windows:
            if weight := weigher.weight(seen):
                kind = kind_of(seen.text, published=seen.published)
                plain = not seen.hits and (bag.prompt is not None or seen.published)
                yield Window(bag.group, seen.text, kind, weight.probability, plain)


def taught(
    windows: Sequence[Window], model: SentenceEncoder
) -> tuple[Network, list[float], dict[str, dict[str, float]]]:
    """The network, the bounds of the kinds of text by windows that were left out, and what is
    passed over of those.
    """
    lesson = Lesson(windows, model)
    every = np.arange(len(windows))
    parts = np.array([part_of(one.group) for one in windows])
    said = np.zeros(len(windows))
    for part in range(PARTS):
        out = every[parts == part]
        said[out] = lesson.said(lesson.learn(every[parts != part]), out)
    plain = np.array([one.plain for one in windows])
    told = np.array([one.weight >= TOLD[one.kind] for one in windows])
    least, figures = [], {}
    for kind in KINDS:
        ours = plain & np.array([one.kind == kind for one in windows])
        least.append(float(np.quantile(said[ours & told], MISSED)))
        others = said[ours & ~told]
        figures[kind] = {
            "told": int((ours & told).sum()),
            "others": len(others),
            "passed over of the others": round(float((others < least[-1]).mean()), 3),
        }
    return lesson.learn(every), least, figures


def main() -> None:
    """Learn, and write the files beside this one."""
    options = argparse.ArgumentParser(description="Teach the skim what the scale says.")
    options.add_argument("--models", type=Path, required=True)
    options.add_argument("--packages", type=Path, required=True)
    asked = options.parse_args()
    split = yaml.safe_load((HERE / "split.yaml").read_text("utf-8"))
    reader, teaching = Reader(asked.models), voices(split["training"])
    bags = [*reader.prompts(teaching), *reader.learned(teaching)]
    bags += reader.reading(asked.packages, pieces())
    write(list(weighed(filled(bags), Weigher(asked.models))), asked.models)


def write(windows: Sequence[Window], models: Path) -> None:
    """Learn of ``windows``, and write the files."""
    network, least, figures = taught(windows, load(models))
    said = {"windows": len(windows), "missed": MISSED, "left out": figures}
    (HERE / "skim.json").write_text(json.dumps(said, indent=1) + "\n")
    held = {name: value.numpy() for name, value in network.state_dict().items()}
    np.savez_compressed(
        HERE / FILE,
        near=held["near.weight"].T.astype(np.float16),
        bias=held["bias"],
        first=held["first.weight"].T.astype(np.float16),
        first_bias=held["first.bias"],
        second=held["second.weight"][0].astype(np.float16),
        least=np.array(least, np.float32),
    )


if __name__ == "__main__":
    main()
