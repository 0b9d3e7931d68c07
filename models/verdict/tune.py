# ruff: noqa: INP001, T201  (a script beside its data, which prints)
"""Teach the scale alone, on the model as it is, what voices say that came after it was taught: the
scale's part of ``scale.npz``. ``tune.json`` says how well those voices were told when they were
left out.

    pip install torch && python -m models.verdict.tune --models FOLDER --packages FOLDER

The folders are those of ``adapt.py``. The scale goes a part of the way only to what it learned, so
that it stays as sure as it was of what nobody wrote here (Wortsman et al. 2022, "Robust fine-tuning
of zero-shot models"). What the scale says of what taught it before (some prompts of
the voices, and what agents read of some packages) is held where it is, and so is the calibration.
On two processors this takes some five minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
import yaml
from torch import nn
from torch.nn import functional

from edgeroute.encoders.adapted import load
from edgeroute.encoders.sentences import SentenceEncoder
from edgeroute.privacy.detecting.weighing.evidence import evidence, group_of
from models.verdict.adapt import FARTHEST, NAMED, SEED
from models.verdict.bags import Bag, Reader, filled
from models.verdict.plants import pieces
from models.verdict.prompts import HERE, voices

STEPS: Final = 400
RATE: Final = 1e-3
SHARE: Final = 0.7  # of the way
HELD: Final = 0.3  # what it is worth that nothing else moves
DROPPED_INPUT: Final = 0.4
DROPPED_HIDDEN: Final = 0.2
PLAIN: Final = 8.0  # beyond such odds it does not matter how plain something is
KEPT: Final = 3_000  # prompts, and windows of packages, of what taught it before
PRIVATE: Final = 0.7
PARTS: Final = ("first", "first_bias", "second", "second_bias")


class Given(NamedTuple):
    """Texts as the scale is given them: the rows of windows, whose each is, by what its group of
    languages is calibrated; and which texts are private.
    """

    rows: Any
    owner: Any
    slope: Any
    offset: Any
    private: Any


class Scale(nn.Module):
    """The scale as it is."""

    def __init__(self) -> None:
        super().__init__()
        with np.load(HERE / "scale.npz") as file:
            held = {name: torch.tensor(file[name].astype(np.float32)) for name in file}
        self.register_buffer("mean", held["mean"])
        self.register_buffer("spread", held["spread"])
        for name in PARTS:
            self.register_parameter(name, nn.Parameter(held[name]))

    def forward(self, given: Given) -> Any:
        """The calibrated odds of each window, as a logarithm."""
        rows = ((given.rows - self.mean) / self.spread).clamp(-FARTHEST, FARTHEST)
        rows = functional.dropout(rows, DROPPED_INPUT, self.training)
        hidden = functional.relu(rows @ self.first + self.first_bias)
        hidden = functional.dropout(hidden, DROPPED_HIDDEN, self.training)
        return (hidden @ self.second + self.second_bias) * given.slope + given.offset

    def most(self, given: Given) -> Any:
        """Those of the most private window of each text."""
        least = torch.full((len(given.private),), -np.inf)
        return least.scatter_reduce(0, given.owner, self(given), "amax")


def given(bags: Iterable[Bag], model: SentenceEncoder) -> Given:
    """``bags`` as the scale is given them."""
    calibration = json.loads((HERE / "inputs.json").read_text("utf-8"))["calibration"]
    rows, owner, by, private = [], [], [], []
    for bag in filled(bags):
        for seen in bag.windows:
            for reading in model.read(seen.text)[:1]:
                vectors = reading.mean(), reading.within(seen.named(NAMED))
                rows.append(np.concatenate([*vectors, list(evidence(seen).values())]))
                owner.append(len(private))
                by.append(calibration[group_of(seen.text)])
        private.append(float(bag.private))
    slope, offset = torch.tensor(by, dtype=torch.float32).T
    return Given(
        torch.tensor(np.stack(rows), dtype=torch.float32),
        torch.tensor(owner),
        slope,
        offset,
        torch.tensor(private),
    )


def joined(parts: Sequence[Given]) -> Given:
    """All of ``parts``."""
    first = np.cumsum([0, *(len(one.private) for one in parts)])
    owner = [one.owner + int(start) for one, start in zip(parts, first, strict=False)]
    moved = [one._replace(owner=own) for one, own in zip(parts, owner, strict=True)]
    return Given(*(torch.cat(column) for column in zip(*moved, strict=True)))


def tuned(new: Given, old: Given) -> Scale:
    """The scale, which has learned what ``new`` says and says of ``old`` what it said."""
    torch.manual_seed(SEED)
    scale = Scale().eval()
    with torch.no_grad():
        said = scale(old).clamp(-PLAIN, PLAIN)
    # What is private counts as much as what is not, however many of each were written.
    share = new.private.mean()
    worth = torch.where(new.private > 0, 0.5 / share, 0.5 / (1 - share))
    optimizer = torch.optim.AdamW(scale.parameters(), RATE, weight_decay=0.0)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = RATE * 0.5 * (1 + np.cos(np.pi * step / STEPS))
        scale.train()
        loss = functional.binary_cross_entropy_with_logits(scale.most(new), new.private, worth)
        scale.eval()
        loss = loss + HELD * ((scale(old).clamp(-PLAIN, PLAIN) - said) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        optimizer.step()
    before = dict(Scale().named_parameters())
    with torch.no_grad():
        for name, value in scale.named_parameters():
            value.lerp_(before[name], 1 - SHARE)
    return scale


def told(scale: Scale, text: Given) -> dict[str, float]:
    """The shares of what is private, and of what is not, that ``scale`` calls private."""
    with torch.no_grad():
        held = torch.sigmoid(scale.most(text)) >= PRIVATE
    private = text.private > 0
    shares = {"private": held[private], "look-alikes": held[~private]}
    return {name: round(float(found.float().mean()), 3) for name, found in shares.items()}


def main() -> None:
    """Learn, and write the file beside this one."""
    options = argparse.ArgumentParser(description="Teach the scale what later voices say.")
    options.add_argument("--models", type=Path, required=True)
    options.add_argument("--packages", type=Path, required=True)
    asked = options.parse_args()
    split = yaml.safe_load((HERE / "split.yaml").read_text("utf-8"))
    reader, model = Reader(asked.models), load(asked.models)
    chance = np.random.default_rng(SEED)
    before = voices(split["training"])
    kept = [before[one] for one in chance.permutation(len(before))[:KEPT]]
    read = islice(reader.reading(asked.packages, pieces()), KEPT)
    old = joined([given(reader.prompts(kept), model), given(read, model)])
    plain, more = {}, {}
    for name in split["later"]:
        written = voices([name])
        plain[name] = given(reader.prompts(written), model)
        more[name] = given(reader.learned(written), model)
    figures = {}
    for name, own in plain.items():
        others = [one for kind in (plain, more) for key, one in kind.items() if key != name]
        figures[name] = {
            "before": told(Scale().eval(), own),
            "left out": told(tuned(joined(others), old), own),
        }
        print(name, figures[name], flush=True)
    (HERE / "tune.json").write_text(json.dumps(figures, indent=1) + "\n")
    learned = tuned(joined([*plain.values(), *more.values()]), old)
    with np.load(HERE / "scale.npz") as file:
        numbers = dict(file)
    for name in PARTS:
        numbers[name] = getattr(learned, name).detach().numpy().astype(numbers[name].dtype)
    np.savez_compressed(HERE / "scale.npz", **numbers)


if __name__ == "__main__":
    main()
