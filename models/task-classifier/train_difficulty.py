# ruff: noqa: INP001  (a script beside its data, not a package)
"""Train the head that says whether a prompt needs the better model, and write ``hardness.npz``.

    python models/task-classifier/train_difficulty.py --models FOLDER

FOLDER holds the sentence models (``minilm/`` and ``e5/``). The prompts of
``training/difficulty.tsv`` are ours: voice, 1 or 0, prompt. Each voice has long easy and short hard
ones. Figures come from heads that have not seen the voice that they are asked about; they go to
``difficulty.json``. The task head must be trained before: its odds are features here.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from compose import Example, perturbed
from train import as_read

from edgeroute.routing.signals import classifier
from edgeroute.routing.signals.classifier import BUCKETS, VECTOR_SCALE, fingerprint
from edgeroute.routing.signals.keywords import load_cues
from edgeroute.routing.signals.sentence_models import SentenceModels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

HERE: Final = Path(__file__).parent
L2: Final = 0.01
STEPS: Final = 400
# Easy prompts are the more numerous ones, but to miss a hard one costs more: so much weigh these.
HARD_SHARE: Final = 0.41
BINS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def read() -> list[tuple[str, bool, str]]:
    """Voice, whether it is hard, prompt."""
    with (HERE / "training" / "difficulty.tsv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    return [(voice, hard == "1", prompt.replace("\\n", "\n")) for voice, hard, prompt in rows]


def table(prompts: list[str], models: SentenceModels | None) -> Array:
    """One row a prompt: cues and shape, words, the odds of the tasks, perhaps the vector."""
    cues, data = load_cues(), classifier.stored("head.npz")
    head = classifier.head_of(data, "full" if models else "light", classifier.dense_size(cues))
    rows = []
    for prompt in prompts:
        values, found = classifier.features_of(prompt, cues)
        dense = np.array(values, dtype=np.float32)
        words = np.zeros(BUCKETS, dtype=np.float32)
        words[found] = 1 / max(1, len(found)) ** 0.5
        scores, parts = classifier.scores(head, dense, found), [dense, words]
        vector = VECTOR_SCALE * models.vector(prompt) if models else None
        if vector is not None:
            scores = scores + vector @ head.vector
        parts.append(classifier.probabilities(scores, head.temperature))
        rows.append(np.concatenate([*parts, *([] if vector is None else [vector])]))
    return np.array(rows, dtype=np.float32)


def fit(x: Array, hard: Array) -> Array:
    """A logistic regression with a squared penalty, by Adam; the bias is the last weight."""
    x = np.hstack([x, np.ones((len(x), 1), dtype=np.float32)])
    weights, first, second = (np.zeros(x.shape[1], dtype=np.float32) for _ in range(3))
    penalty = np.full(x.shape[1], L2, dtype=np.float32)
    penalty[-1] = 0
    share = hard.mean()
    weigh = np.where(hard == 1, HARD_SHARE / share, (1 - HARD_SHARE) / (1 - share))
    weigh = weigh.astype(np.float32)
    for step in range(1, STEPS + 1):
        slope = x.T @ ((told(x, weights) - hard) * weigh) / len(x) + penalty * weights
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope * slope
        rate = 0.05 * (1 - step / (STEPS + 1)) + 0.002
        weights -= (
            np.float32(rate)
            * (first / (1 - 0.9**step))
            / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        )
    return weights


def told(x: Array, weights: Array) -> Array:
    """The probabilities of rows that end with a one for the bias."""
    result: Array = 1 / (1 + np.exp(-(x @ weights)))
    return result


def auroc(said: Array, hard: Array) -> float:
    """How often a hard prompt is ranked above an easy one."""
    above = said[hard == 1][:, None] - said[hard == 0][None, :]
    return float(np.mean((above > 0) + 0.5 * (above == 0)))


def figures(x: Array, hard: Array, voices: list[str]) -> tuple[dict[str, Any], Array]:
    """Figures of heads that have not seen the voice; and what these said."""
    said = np.zeros(len(hard), dtype=np.float32)
    whole = np.hstack([x, np.ones((len(x), 1), dtype=np.float32)])
    names = np.array(voices)
    for voice in sorted(set(voices)):
        seen = names != voice
        said[~seen] = told(whole[~seen], fit(x[seen], hard[seen]))
    calibration = []
    for low, high in itertools.pairwise(BINS):
        here = (said >= low) & (said < high)
        if here.any():
            pair = round(float(said[here].mean()), 2), round(float(hard[here].mean()), 2)
            calibration.append([*pair, int(here.sum())])
    off = sum(abs(told_ - true) * count for told_, true, count in calibration) / len(hard)
    by_voice = {
        str(v): round(auroc(said[names == v], hard[names == v]), 2) for v in sorted(set(voices))
    }
    return {
        "auroc": round(auroc(said, hard), 3),
        "auroc_by_voice": by_voice,
        "calibration": calibration,
        "calibration_error": round(off, 3),
        "hard_told_from_half_on": round(float((said[hard == 1] >= 0.5).mean()), 3),
        "easy_told_hard_from_half_on": round(float((said[hard == 0] >= 0.5).mean()), 3),
    }, said


def main() -> None:
    """Measure, train on everything, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    arguments = parser.parse_args()
    words = tuple(map(str, classifier.stored("head.npz")["vocabulary"]))
    models = SentenceModels.load(arguments.models, words)
    if models is None:
        sys.exit("A sentence model is missing: `edgeroute models pull minilm`, and e5.")
    own = read()
    # With slips and after greetings a prompt is as hard as before.
    copies = perturbed([Example(prompt, voice) for voice, _, prompt in own])
    rows = own + [(c.label, own[at % len(own)][1], c.prompt) for at, c in enumerate(copies)]
    voices, labels, written_so = map(list, zip(*rows, strict=True))
    prompts = [as_read(prompt, models) for prompt in written_so]
    hard = np.array(labels, dtype=np.float32)
    stored: dict[str, Any] = {"fingerprint": fingerprint()}
    written = len(own)
    found: dict[str, Any] = {"prompts": written, "hard": int(hard[:written].sum())}
    length = np.array([len(prompt) for prompt in prompts], dtype=np.float32)
    found["auroc_of_length_alone"] = round(auroc(length[:written], hard[:written]), 3)
    for name, with_vector in (("light", None), ("full", models)):
        x = table(prompts, with_vector)
        found[name], _ = figures(x, hard, voices)
        stored[name] = fit(x, hard).astype(np.float16)
    np.savez_compressed(HERE / "hardness.npz", **stored)
    (HERE / "difficulty.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(json.dumps(found, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
