# ruff: noqa: T201 - it prints its tables
"""A real cascade on this machine: the local model's own probabilities decide who escalates.

    python -m tests.bench.local_cascade --data outcomes.jsonl.gz --models DIR [--keep FILE]

Multiple-choice prompts (rows with ``choices`` and ``gold``) go to the local model through the
product's worker; its answer and log probabilities go to the product's cascade; where that
escalates, the strong model's recorded outcome counts. Printed is the frontier over the confidence
asked for, beside escalating at random. ``--keep`` keeps the answers between runs.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import tempfile
import time
import zlib
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import numpy as np

from edgeroute.core.answer import AnswerDraft
from edgeroute.core.events import Finish, LogprobsDelta, TextDelta
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest, Sampling
from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.models import LocalModels
from edgeroute.routing.strategies.actions import Replied, Stand
from edgeroute.routing.strategies.cascade import Cascade, CascadePolicy
from edgeroute.routing.strategies.judges import confidence, short_answer
from tests.bench.routing_outcomes import area, interval, quality

LETTERS: Final = "ABCDEFGHIJ"
# Puzzles that nobody answers with a letter at once are also shown apart.
PUZZLES: Final = ("gpqa", "logicgrid")
ASK: Final = "Answer with the letter only."


def read(path: Path, most: int) -> list[dict[str, Any]]:
    """The multiple-choice prompts, in a fixed order that has nothing to do with their content."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row.get("choices") and row.get("gold")]
    rows.sort(key=lambda row: zlib.crc32(row["id"].encode()))
    return rows[:most]


def question(row: dict[str, Any]) -> str:
    """The prompt with its options."""
    options = (f"{letter}. {text}" for letter, text in zip(LETTERS, row["choices"], strict=False))
    return "\n".join([row["prompt"], *options, ASK])


def kept(file: Path | None) -> list[dict[str, Any]]:
    """The answers of earlier runs."""
    if file is None or not file.is_file():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


async def answers(
    rows: list[dict[str, Any]], models: Path, model: str, keep: Path | None
) -> dict[str, dict[str, Any]]:
    """What the local model says to each row: ``text`` and ``logprobs``."""
    known = {row["id"]: row for row in kept(keep)}
    missing = [row for row in rows if row["id"] not in known]
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        process = WorkerProcess(base / "run", base / "state", models, window=4_096)
        backend = LlamaCpp(LocalModels(models), process, model)
        try:
            for number, row in enumerate(missing, 1):
                known[row["id"]] = {"id": row["id"], **await _answer(backend, question(row))}
                if keep is not None:
                    with keep.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(known[row["id"]]) + "\n")
                print(f"\r{number} of {len(missing)}", end="", flush=True)
        finally:
            if missing:
                await process.stop()
                print()
    return known


async def _answer(backend: LlamaCpp, text: str) -> dict[str, Any]:
    sampling = Sampling(temperature=0, max_output_tokens=4, logprobs=True)
    start, said, finish = time.perf_counter(), "", "length"
    chances: list[float] = []
    async with aclosing(backend.answer(ChatRequest((user(text),), sampling=sampling))) as deltas:
        async for delta in deltas:
            if isinstance(delta, TextDelta):
                said += delta.text
            elif isinstance(delta, LogprobsDelta):
                chances += delta.values
            elif isinstance(delta, Finish):
                finish = delta.reason
    seconds = time.perf_counter() - start
    return {"text": said, "logprobs": chances, "finish": finish, "seconds": seconds}


def stands(row: dict[str, Any], said: dict[str, Any], asked: float) -> bool:
    """Whether the product's cascade lets the local answer stand at this confidence."""
    draft = AnswerDraft("local")
    draft.add_text(said["text"])
    draft.finish = said["finish"]
    policy = CascadePolicy(confidence=asked, judges=("checks", "logprobs"))
    cascade = Cascade(("local", "strong"), policy, question(row))
    cascade.start()
    actions = cascade.step(Replied("local", draft.answer(), tuple(said["logprobs"])))
    return any(isinstance(action, Stand) for action in actions)


def ranks_well(sure: Any, right: Any) -> float:
    """AUROC: how often a right answer is surer than a wrong one."""
    good, bad = sure[right > 0], sure[right == 0]
    wins = (good[:, None] > bad[None, :]).mean() + 0.5 * (good[:, None] == bad[None, :]).mean()
    return float(wins)


def show(title: str, rows: list[dict[str, Any]], local: list[dict[str, Any]], strong: str) -> None:
    """Print the frontier of one set of prompts."""
    best = np.array([quality(row["outcomes"][strong]) for row in rows])
    price = np.array([row["outcomes"][strong]["cost"] for row in rows])
    pairs = list(zip(rows, local, strict=True))
    weak = np.array([float(short_answer(one["text"]) == row["gold"]) for row, one in pairs])
    held = np.array([stands(row, one, 0.0) for row, one in pairs])
    sure = held * np.array([confidence(one["logprobs"]) or 0.0 for one in local])
    gain, chance = best - weak, np.random.default_rng(0).random(len(rows))
    print(f"\n{title}: n={len(rows)}; local {weak.mean():.3f} right, {strong} {best.mean():.3f}")
    print(f"    AUROC of its probability: {ranks_well(sure, weak):.3f} (random 0.500)")
    print(f"    APGR {area(-sure, gain):.3f} {interval(-sure, gain)}", end="")
    print(f" (random {area(chance, gain):.3f} {interval(chance, gain)})")
    print("    asked for  stands  right there  together   PGR  at its cost  random mix there")
    for asked in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        stay = np.array([stands(row, one, asked) for row, one in pairs])
        together = np.where(stay, weak, best).mean()
        closed = (together - weak.mean()) / (best.mean() - weak.mean())
        cost = price[~stay].sum() / price.sum()
        mixed = cost * best.mean() + (1 - cost) * weak.mean()
        inside = weak[stay].mean() if stay.any() else float("nan")
        print(
            f"    {asked:9.2f} {stay.mean():7.0%} {inside:12.3f} {together:9.3f}"
            f" {closed:5.2f} {cost:12.3f} {mixed:17.3f}"
        )


def main() -> None:
    """Ask, and print the frontier."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--strong", default="llama-3.1-nemotron-51b-instruct")
    parser.add_argument("--most", type=int, default=400)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    rows = read(arguments.data, arguments.most)
    said = asyncio.run(answers(rows, arguments.models, arguments.model, arguments.keep))
    local = [said[row["id"]] for row in rows]
    seconds = np.median([one["seconds"] for one in local])
    print(f"{arguments.model}: {seconds:.1f} s an answer")
    show("all multiple choice", rows, local, arguments.strong)
    plain = [not any(part in row["subset"] for part in PUZZLES) for row in rows]
    show(
        "without expert and logic puzzles",
        [row for row, one in zip(rows, plain, strict=True) if one],
        [row for row, one in zip(local, plain, strict=True) if one],
        arguments.strong,
    )


if __name__ == "__main__":
    main()
