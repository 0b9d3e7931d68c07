# ruff: noqa: INP001, T201  (a script beside its data, which prints)
"""Teach the sentence model and the scale what is private: ``adapter.npz``, the scale's part of
``scale.npz``, and ``inputs.json``; ``figures.json`` says how well voices were told that were left
out.

    pip install torch && python -m models.verdict.adapt --models FOLDER --packages FOLDER

The first folder holds the models that read texts (``e5``, ``rampart``), the second one keeps the
published packages of ``reading.py``. The model's own weights stay as they are: beside each weight
of its first layers two narrow ones are learned (Hu et al. 2021, LoRA), together with the scale,
which is one hidden layer over what the model makes of a window, of the names in it, and the numbers
of evidence. A text is a bag of windows of which the most private one counts.

The gate is a smaller network that knows what the first layers make of a window, and its evidence:
of a long text those windows are read to the end which it lets through.

Voices are never divided. The voices that teach are left out in turn, a third of them at a time, so
that probabilities are made of what the scale says of voices that it never saw. On a large GPU all
this takes some five minutes; on two processors a night.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
import yaml
from torch import nn
from torch.nn import functional

from edgeroute.encoders.bert import COLUMNS, WIDTH
from edgeroute.encoders.e5_file import FILE, E5File
from edgeroute.encoders.e5_pieces import pieces_of
from edgeroute.encoders.pieces import END, START, Pieces
from edgeroute.encoders.prepared import Prepared
from edgeroute.encoders.sentences import GLANCE, MOST_TOKENS, QUERY, tensors
from edgeroute.privacy.detecting.weighing.evidence import GROUPS, WindowView, evidence
from models.verdict.bags import Bag, Reader, filled
from models.verdict.plants import pieces
from models.verdict.prompts import HERE, group, voices

LAYERS: Final = 8  # of the model's twelve: the rest adds nothing
HEADS: Final = 12
RANK: Final = 16
HIDDEN: Final = 64
EPOCHS: Final = 8
FIRST_EPOCHS: Final = 40  # of the scale alone, on the model as it is
BATCH: Final = 128
MANY: Final = 512  # windows that are read at once where nothing is learned
RATE: Final = 7e-4
SCALE_RATE: Final = 1e-3
FIRST_RATE: Final = 2e-3
WARM_STEPS: Final = 50
DROPPED: Final = 0.1
DROPPED_INPUT: Final = 0.4
DROPPED_HIDDEN: Final = 0.2
FARTHEST: Final = 5.0
NAMED: Final = 0.3
GATE_HIDDEN: Final = 64
GATE_EPOCHS: Final = 40
GATE_LEARNED: Final = -6.0  # raw odds of a window that the gate learns to let through
GATE_TOLD: Final = -3.0  # raw odds of a window that tells something
GATE_MISSED: Final = 0.005  # the share of those that the gate may miss
HELD: Final = 0.03
PARTS: Final = 3
SEED: Final = 1
EPSILON: Final = 1e-12
PAD: Final = 0
NORMS: Final = ("aln", "oln")


class Cut(NamedTuple):
    """A window as numbers: its pieces, which of them lie in names, and its evidence."""

    ids: list[int]
    named: list[int]
    numbers: list[float]


class Narrow(nn.Module):
    """A weight that stays, and two narrow ones beside it."""

    def __init__(self, weight: Any, bias: Any) -> None:
        super().__init__()
        self.register_buffer("weight", torch.tensor(np.array(weight)))
        self.register_buffer("bias", torch.tensor(np.array(bias)))
        out, given = weight.shape
        self.down = nn.Parameter(torch.randn(RANK, given) / given**0.5)
        self.up = nn.Parameter(torch.zeros(out, RANK))

    def forward(self, x: Any) -> Any:
        """``x`` times the weight and what was learned beside it."""
        beside = functional.linear(functional.dropout(x, DROPPED, self.training), self.down)
        return functional.linear(x, self.weight, self.bias) + functional.linear(beside, self.up) * 2


class Model(nn.Module):
    """The first layers of the sentence model."""

    def __init__(self, tensors: dict[str, Any], rows: Any, numbers: Any, places: Any) -> None:
        super().__init__()
        self.register_buffer("rows", torch.tensor(rows))
        self.register_buffer("numbers", torch.tensor(numbers))
        self.register_buffer("places", torch.tensor(np.array(places)))
        self._norm("first", tensors, "embeddings_norm")
        self.layers = nn.ModuleList()
        for number in range(LAYERS):
            layer = nn.Module()
            for part in COLUMNS:
                name = f"l{number}.{part}"
                layer.add_module(part, Narrow(tensors[f"{name}.weight"], tensors[f"{name}.bias"]))
            self.layers.append(layer)
            for part in NORMS:
                self._norm(f"l{number}{part}", tensors, f"l{number}.{part}")

    def _norm(self, ours: str, tensors: dict[str, Any], name: str) -> None:
        for part in ("weight", "bias"):
            self.register_buffer(
                f"{ours}_{part}", torch.tensor(np.array(tensors[f"{name}.{part}"]))
            )

    def _normed(self, x: Any, name: str) -> Any:
        weight, bias = getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")
        return functional.layer_norm(x, (WIDTH,), weight, bias, EPSILON)

    def forward(self, ids: Any, there: Any, layers: int = LAYERS) -> Any:
        """The vectors of texts of the pieces ``ids`` after so many ``layers``; ``there`` tells
        which are.
        """
        x = self.rows[torch.searchsorted(self.numbers, ids)] + self.places[: ids.shape[1]]
        x = self._normed(x, "first")
        shape = (*ids.shape, HEADS, WIDTH // HEADS)
        for number, layer in enumerate(self.layers[:layers]):
            q, k, v = (getattr(layer, part)(x).view(shape).transpose(1, 2) for part in "qkv")
            seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=there[:, None, None])
            seen = layer.ao(seen.transpose(1, 2).reshape(x.shape)).float()
            x = self._normed(seen + x, f"l{number}aln")
            wide = layer.fo(functional.gelu(layer.fi(x))).float()
            x = self._normed(wide + x, f"l{number}oln")
        return x


class Judge(nn.Module):
    """The scale, or the gate: one hidden layer over standardised inputs like ``given``."""

    def __init__(self, given: Any, hidden: int, dropped: float) -> None:
        super().__init__()
        self.register_buffer("mean", given.mean(0))
        self.register_buffer("spread", given.std(0) + 1e-3)
        self.first = nn.Linear(given.shape[1], hidden)
        self.second = nn.Linear(hidden, 1)
        self._dropped = dropped

    def forward(self, given: Any) -> Any:
        """The logarithm of the odds, not calibrated."""
        given = ((given - self.mean) / self.spread).clamp(-FARTHEST, FARTHEST)
        hidden = functional.relu(
            self.first(functional.dropout(given, self._dropped, self.training))
        )
        return self.second(functional.dropout(hidden, DROPPED_HIDDEN, self.training))[:, 0]


class Lesson:
    """Bags as numbers on a device, and what is learned of them."""

    def __init__(self, bags: Sequence[Bag], models: Path, device: str) -> None:
        self.bags, self._device = bags, device
        folder = models / "e5"
        file = E5File(folder)
        known = pieces_of(file, Prepared(folder, [FILE]))
        cuts = [
            (number, cut(known, seen)) for number, bag in enumerate(bags) for seen in bag.windows
        ]
        self.owner = np.array([number for number, _ in cuts])
        self.cuts = [one for _, one in cuts]
        self._private = torch.tensor([float(bag.private) for bag in bags], device=device)
        self._numbers = torch.tensor([one.numbers for one in self.cuts], device=device)
        used = sorted({PAD, *(number for one in self.cuts for number in one.ids)})
        some = file.some_blocks("emb.word", WIDTH)
        parts = [used[first : first + MANY] for first in range(0, len(used), MANY)]
        rows = np.concatenate([file.unpacked(some(part)) for part in parts])
        places = file.numbers("emb.pos").reshape(-1, WIDTH) + file.numbers("emb.type")[:WIDTH]
        self._made = (dict(tensors(file, LAYERS)), rows, np.array(used), places)

    def learn(self, bags: Any, told: Any) -> tuple[Model, Judge, Any]:
        """What was learned of ``bags``, and the raw odds of the windows of those that are ``told``,
        in the order of the windows.
        """
        torch.manual_seed(SEED)
        chance = np.random.default_rng(SEED)
        model = Model(*self._made).to(self._device)
        windows = np.flatnonzero(np.isin(self.owner, bags))
        first = self._features(model, windows)
        judge = Judge(first, HIDDEN, DROPPED_INPUT).to(self._device)
        self._first(judge, first, windows, chance)
        several = np.flatnonzero(np.bincount(self.owner, minlength=len(self.bags)) > 1)
        several = windows[np.isin(self.owner[windows], several)]
        moved = [one for one in model.parameters() if one.requires_grad]
        optimizer = torch.optim.AdamW(
            [
                {"params": moved, "lr": RATE, "weight_decay": 0.01},
                {"params": judge.parameters(), "lr": SCALE_RATE, "weight_decay": 0.02},
            ]
        )
        step, steps = 0, EPOCHS * -(-len(bags) // BATCH)
        for epoch in range(EPOCHS):
            raw = np.full(len(self.cuts), -np.inf)
            raw[several] = self._raw(model, judge, several)
            chosen = self._most_private(raw, windows)
            loss = 0.0
            for part in self._batches(chosen, BATCH, chance):
                step += 1
                share = min(1, step / WARM_STEPS) * 0.5 * (1 + np.cos(np.pi * min(1, step / steps)))
                for place, rate in zip(optimizer.param_groups, (RATE, SCALE_RATE), strict=True):
                    place["lr"] = rate * share
                model.train()
                judge.train()
                loss += self._step(judge, self._vectors(model, part), part, optimizer, moved)
            print(f"epoch {epoch + 1}: {loss * BATCH / len(bags):.4f}", flush=True)
        windows = np.flatnonzero(np.isin(self.owner, told))
        return model, judge, self._raw(model, judge, windows)

    def most(self, raw: Any, told: Any) -> Any:
        """The highest of the ``raw`` odds of the windows of each bag ``told``."""
        highest = np.full(len(self.bags), -np.inf)
        np.maximum.at(highest, self.owner[np.isin(self.owner, told)], raw)
        return highest[told]

    def glances(self, model: Model, bags: Any) -> Any:
        """What the gate is given of the windows of ``bags``."""
        windows = np.flatnonzero(np.isin(self.owner, bags))
        found = self._features(model, windows, GLANCE)
        return torch.cat([found[:, :WIDTH], found[:, 2 * WIDTH :]], 1).cpu().numpy()

    def _first(self, judge: Judge, given: Any, windows: Any, chance: Any) -> None:
        """Learn the scale alone."""
        optimizer = torch.optim.AdamW(judge.parameters(), FIRST_RATE, weight_decay=0.02)
        place = np.full(len(self.cuts), -1)
        place[windows] = np.arange(len(windows))
        for epoch in range(FIRST_EPOCHS):
            optimizer.param_groups[0]["lr"] = (
                FIRST_RATE * 0.5 * (1 + np.cos(np.pi * epoch / FIRST_EPOCHS))
            )
            judge.eval()
            raw = np.full(len(self.cuts), -np.inf)
            with torch.no_grad():
                raw[windows] = judge(given).cpu().numpy()
            judge.train()
            chosen = chance.permutation(self._most_private(raw, windows))
            for part in np.array_split(chosen, max(1, len(chosen) // BATCH)):
                self._step(judge, given[place[part]], part, optimizer, [])

    def _step(self, judge: Judge, given: Any, part: Any, optimizer: Any, moved: Any) -> float:
        private = self._private[self.owner[part]]
        loss = functional.binary_cross_entropy_with_logits(judge(given), private)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        if moved:
            nn.utils.clip_grad_norm_(moved, 1.0)
        optimizer.step()
        return float(loss.detach())

    def _most_private(self, raw: Any, windows: Any) -> Any:
        """The most private window of each bag."""
        order = windows[np.lexsort((raw[windows], self.owner[windows]))]
        last = np.append(np.flatnonzero(np.diff(self.owner[order])), len(order) - 1)
        return order[last]

    def _batches(self, windows: Any, size: int, chance: Any = None) -> Iterator[Any]:
        """``windows`` in parts of about the same length."""
        lengths = np.array([float(len(self.cuts[one].ids)) for one in windows])
        if chance is not None:
            lengths += chance.random(len(lengths)) * 20
        order = np.asarray(windows)[np.argsort(lengths)]
        parts = [order[first : first + size] for first in range(0, len(order), size)]
        if chance is not None:
            chance.shuffle(parts)
        yield from parts

    def _vectors(self, model: Model, part: Any, layers: int = LAYERS) -> Any:
        """What the scale is given of the windows ``part``, after so many ``layers``."""
        longest = max(len(self.cuts[one].ids) for one in part)
        ids = np.full((len(part), longest), PAD)
        there, named = (np.zeros((len(part), longest), bool) for _ in range(2))
        for row, one in enumerate(part):
            length = len(self.cuts[one].ids)
            ids[row, :length], there[row, :length] = self.cuts[one].ids, True
            named[row, self.cuts[one].named] = True
        given = [torch.tensor(one, device=self._device) for one in (ids, there, named)]
        with torch.autocast(self._device, torch.bfloat16, enabled=self._device != "cpu"):
            hidden = model(*given[:2], layers).float()
        vectors = [_mean(hidden, one) for one in given[1:]]
        return torch.cat([*vectors, self._numbers[torch.tensor(part, device=self._device)]], 1)

    def _features(self, model: Model, windows: Any, layers: int = LAYERS) -> Any:
        model.eval()
        found = torch.zeros(len(self.cuts), 2 * WIDTH + self._numbers.shape[1], device=self._device)
        with torch.no_grad():
            for part in self._batches(windows, MANY):
                found[torch.tensor(part, device=self._device)] = self._vectors(model, part, layers)
        return found[torch.tensor(windows, device=self._device)]

    def _raw(self, model: Model, judge: Judge, windows: Any) -> Any:
        judge.eval()
        with torch.no_grad():
            return judge(self._features(model, windows)).cpu().numpy()


def _mean(hidden: Any, chosen: Any) -> Any:
    """The mean of the vectors ``chosen``, of length 1; zero where there is none."""
    weights = chosen.float()[:, :, None]
    mean = (hidden * weights).sum(1) / weights.sum(1).clamp_min(1)
    return mean / mean.norm(dim=-1, keepdim=True).clamp_min(1e-6)


def cut(known: Pieces, seen: WindowView) -> Cut:
    """A window as the model is given it."""
    before = [START, *(number for _, number in known.cut(QUERY))]
    found = known.cut(seen.text)[: MOST_TOKENS - len(before) - 1]
    named = [
        row
        for row, (place, _) in enumerate(found, len(before))
        if any(start - 1 <= place < end for start, end in seen.named(NAMED))
    ]
    ids = [*before, *(number for _, number in found), END]
    return Cut(ids, named, list(evidence(seen).values()))


def gate(given: Any, raw: Any, choose: Any, chosen: Any) -> dict[str, Any]:
    """A network that tells by a glance and the evidence, both ``given``, which windows have such
    ``raw`` odds that they tell something; positive for all but a few of those with the glance and
    the evidence ``choose`` that have the raw odds ``chosen``.
    """
    torch.manual_seed(SEED)
    inputs = torch.tensor(given, dtype=torch.float32)
    told = torch.tensor(raw > GATE_LEARNED, dtype=torch.float32)
    judge = Judge(inputs, GATE_HIDDEN, DROPPED_INPUT)
    optimizer = torch.optim.AdamW(judge.parameters(), FIRST_RATE, weight_decay=0.02)
    for _ in range(GATE_EPOCHS):
        for part in torch.randperm(len(inputs)).split(BATCH):
            loss = functional.binary_cross_entropy_with_logits(judge(inputs[part]), told[part])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
            optimizer.step()
    judge.eval()
    with torch.no_grad():
        said = judge(torch.tensor(choose[chosen > GATE_TOLD], dtype=torch.float32)).numpy()
        judge.second.bias -= float(np.quantile(said, GATE_MISSED))
    return dict(judge.state_dict())


def calibrated(raw: Any, private: Any) -> tuple[float, float]:
    """Slope and offset that make probabilities of raw odds (Platt 1999), by Newton's method, each
    step of which is halved until it helps.
    """

    def loss(at: Any) -> float:
        odds = at[0] * raw + at[1]
        return float((np.logaddexp(0, odds) - private * odds).mean())

    found = np.array([0.1, 0.0])
    for _ in range(100):
        said = 1 / (1 + np.exp(-(found[0] * raw + found[1])))
        error, weight = said - private, said * (1 - said) + 1e-9
        bend = [
            [(weight * raw * raw).mean(), (weight * raw).mean()],
            [(weight * raw).mean(), weight.mean()],
        ]
        move = np.linalg.solve(bend, [(error * raw).mean(), error.mean()])
        while loss(found - move) > loss(found) and np.abs(move).max() > 1e-9:
            move = move / 2
        found = found - move
    return float(found[0]), float(found[1])


def figures(raw: Any, private: Any) -> dict[str, float]:
    """How well ``raw`` tells private from harmless: the area under the curve, and recall where 3 %
    of the harmless are held.
    """
    yes, no = raw[private], np.sort(raw[~private])
    area = float((np.searchsorted(no, yes) / len(no)).mean())
    return {
        "area": round(area, 3),
        "recall": round(float((yes > np.quantile(no, 1 - HELD)).mean()), 3),
    }


def part_of(name: str) -> int:
    """The part of the voices in which ``name`` is left out."""
    return int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(), 16) % PARTS


def main() -> None:
    """Learn, and write the files beside this one."""
    options = argparse.ArgumentParser(description="Teach the model and the scale what is private.")
    options.add_argument("--models", type=Path, required=True)
    options.add_argument("--packages", type=Path, required=True)
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    asked = options.parse_args()
    split = yaml.safe_load((HERE / "split.yaml").read_text("utf-8"))
    reader = Reader(asked.models)
    teaching, choosing = voices(split["training"]), voices(split["calibration"])
    taught = filled([*reader.prompts(teaching), *reader.learned(teaching)])
    taught += filled(reader.reading(asked.packages, pieces()))
    bags = [*taught, *filled(reader.prompts(choosing))]
    lesson = Lesson(bags, asked.models, asked.device)
    every = np.arange(len(taught))
    chosen = np.arange(len(taught), len(bags))
    odds, apart = {}, []
    for part in range(PARTS):
        out = np.array([part_of(bag.group) == part for bag in taught])
        plain = np.array([bag.prompt is not None for bag in taught])
        told = np.concatenate([every[out & plain], chosen])
        *_, raw = lesson.learn(every[~out], told)
        raw = lesson.most(raw, told)
        odds.update(zip(told[: -len(chosen)], raw, strict=False))
        apart.append(raw[-len(chosen) :].std())
    model, judge, raw = lesson.learn(every, np.arange(len(bags)))
    ours = lesson.owner >= len(taught)
    # The more it knows the farther apart it puts them, and is not surer for it.
    nearer = float(np.mean(apart) / lesson.most(raw[ours], chosen).std())
    calibration, told_apart = {}, {}
    for name in GROUPS:
        of = [one for one in odds if group(bags[one].prompt.lang) == name]  # type: ignore[union-attr]
        found = np.array([odds[one] for one in of]), np.array([bags[one].private for one in of])
        told_apart[name] = figures(*found)
        slope, offset = calibrated(*found)
        calibration[name] = (slope * nearer, offset)
    said = {"prompts": len(odds), "learned": len(taught), "left out": told_apart}
    (HERE / "figures.json").write_text(json.dumps(said, indent=1) + "\n")
    glances = (lesson.glances(model, one) for one in (every, chosen))
    lets = gate(next(glances), raw[~ours], next(glances), raw[ours])
    _write({**model.state_dict(), **judge.state_dict()}, lets, calibration)


def _write(
    learned: dict[str, Any], lets: dict[str, Any], calibration: dict[str, tuple[float, float]]
) -> None:
    narrow = {
        name.removeprefix("layers."): value.cpu().numpy() * (2 if name.endswith(".up") else 1)
        for name, value in learned.items()
        if name.endswith((".down", ".up"))
    }
    adapter = {f"l{name}": value.astype(np.float16) for name, value in narrow.items()}
    np.savez(HERE / "adapter.npz", **adapter)
    scale = {**_held(learned, ""), **_held(lets, "gate_")}
    np.savez_compressed(HERE / "scale.npz", **scale)
    told = {
        "vectors": [("what", 0, WIDTH), ("who", WIDTH, 2 * WIDTH)],
        "calibration": calibration,
        "evidence": list(evidence(WindowView("", (), ()))),
    }
    (HERE / "inputs.json").write_text(json.dumps(told, indent=1) + "\n")


def _held(judge: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A network by the names that the scale has for its numbers."""
    found = {name: value.cpu().numpy() for name, value in judge.items()}
    return {
        f"{prefix}mean": found["mean"],
        f"{prefix}spread": found["spread"],
        f"{prefix}first": found["first.weight"].T.astype(np.float16),
        f"{prefix}first_bias": found["first.bias"],
        f"{prefix}second": found["second.weight"][0].astype(np.float16),
        f"{prefix}second_bias": found["second.bias"],
    }


if __name__ == "__main__":
    main()
