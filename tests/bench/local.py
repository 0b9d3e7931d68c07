# ruff: noqa: T201 - it prints its tables
"""How fast the own worker is, beside llama.cpp alone on the same file in the same run.

``python -m tests.bench.local [--model ID] [--busy] [--rounds N] [--tokens N]``

Rounds are interleaved, so that what else the machine does falls on all alike, and each prints the
machine's load. With ``--busy`` one core counts meanwhile. Speeds are medians, in tokens per second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeroute.core.events import TextDelta, UsageDelta
from edgeroute.core.messages import assistant, user
from edgeroute.core.request import ChatRequest, Sampling
from edgeroute.core.usage import Usage
from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.models import LocalModels

# The settings of llama.cpp alone that are worth comparing with: threads, and how they wait.
SPIN = {"GOMP_SPINCOUNT": "1000"}
RAW = {
    "raw, all threads": (0, {}),
    "raw, all threads, short spin": (0, SPIN),
    "raw, half the threads": (2, {}),
}
ALONE = """
import json, sys, time
from llama_cpp import Llama
path, threads, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
llama = Llama(model_path=path, n_ctx=2048, n_batch=512, n_threads=threads,
              n_threads_batch=threads, verbose=False)
tokens = llama.tokenize(sys.stdin.read().encode(), add_bos=False)
began = time.perf_counter()
drawing = llama.generate(tokens, top_k=20, top_p=0.8, temp=0.7, min_p=0.0, repeat_penalty=1.05)
next(drawing)
read = time.perf_counter()
for _ in range(count):
    next(drawing)
ended = time.perf_counter()
print(json.dumps([len(tokens) / (read - began), count / (ended - read)]))
"""
STORY = "Tell a long story of a boat on a lake, and of everybody who sails in it. " * 12


class Answer:
    """One answer of the worker: when its first token came, when it ended, and its counts."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.first = self.ended = self.began
        self.usage = Usage()
        self.text = ""

    @property
    def speed(self) -> float:
        """Tokens per second behind the first one."""
        return (self.usage.output - 1) / max(self.ended - self.first, 1e-6)


async def ask(backend: LlamaCpp, request: ChatRequest) -> Answer:
    """One answer, timed."""
    answer = Answer()
    async for delta in backend.answer(request):
        if isinstance(delta, TextDelta):
            if not answer.text:
                answer.first = time.perf_counter()
            answer.text += delta.text
        elif isinstance(delta, UsageDelta):
            answer.usage = delta.usage
    answer.ended = time.perf_counter()
    return answer


def request(*said: str, tokens: int, seed: int | None = None) -> ChatRequest:
    """A conversation whose turns alternate."""
    messages = tuple(
        user(text) if place % 2 == 0 else assistant(text) for place, text in enumerate(said)
    )
    return ChatRequest(messages, sampling=Sampling(max_output_tokens=tokens, seed=seed))


def models_folder() -> Path:
    """Where the models of the tests lie."""
    return Path(os.environ.get("EDGEROUTE_MODELS", Path.home() / ".cache/edgeroute/models"))


def alone(path: Path, threads: int, environment: dict[str, str], tokens: int) -> list[float]:
    """Prefill and decode of llama.cpp alone, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(path), str(threads), str(tokens)],
        input=STORY,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[float] = json.loads(done.stdout)
    return found


@contextmanager
def busy(*, wanted: bool) -> Iterator[None]:
    """One core counts while the block runs."""
    command = [sys.executable, "-c", "while True: pass"]
    other = subprocess.Popen(command) if wanted else None
    try:
        yield
    finally:
        if other is not None:
            other.kill()
            other.wait()


def load() -> str:
    """What else the machine does."""
    return "load {:.1f} {:.1f} {:.1f}".format(*os.getloadavg())


async def speeds(backend: LlamaCpp, path: Path, options: argparse.Namespace) -> None:
    """Prefill and decode, worker and llama.cpp alone in turn."""
    cores = backend._models.machine.cores
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with busy(wanted=options.busy):
        await ask(backend, request("Hi", tokens=40))  # loaded, and its pace is found
        for number in range(1, options.rounds + 1):
            for name, (divisor, environment) in RAW.items():
                threads = max(1, cores // (divisor or 1))
                read, drawn = alone(path, threads, environment, options.tokens)
                found[name].append((read, drawn))
            answer = await ask(backend, request(f"{number} {STORY}", tokens=options.tokens))
            read_seconds = answer.first - answer.began
            found["worker"].append((answer.usage.input_uncached / read_seconds, answer.speed))
            print(f"round {number}: {load()}", flush=True)
    medians = {
        name: [statistics.median(one[part] for one in rows) for part in (0, 1)]
        for name, rows in found.items()
    }
    best = [max(medians[name][part] for name in RAW) for part in (0, 1)]
    for name, (read, drawn) in medians.items():
        print(
            f"{name:32} prefill {read:7.1f} ({read / best[0]:.2f} of the best raw)"
            f"  decode {drawn:6.1f} ({drawn / best[1]:.2f})"
        )


async def three_chats(backend: LlamaCpp) -> None:
    """A second turn after two others spoke, against a prompt of its new tokens alone."""
    names = ("Ada", "Ben", "Eve")
    texts = {name: f"I am {name}. {STORY}" for name in names}
    said = {name: await ask(backend, request(texts[name], tokens=8)) for name in names}
    more = "And what came after that, in one sentence, please?"
    ratios = []
    for name in names:
        again = await ask(backend, request(texts[name], said[name].text, more, tokens=2))
        fresh = await ask(backend, request(f"{name}: {more} Nobody knows it yet.", tokens=2))
        ratios.append((again.first - again.began) / (fresh.first - fresh.began))
        new = again.usage.input_uncached
        print(
            f"{name}: {new} of {again.usage.input} tokens read, {ratios[-1]:.2f} x alone, {load()}"
        )
    print(f"second turn of three chats: {statistics.median(ratios):.2f} x its new tokens alone")


async def four_at_once(backend: LlamaCpp, tokens: int) -> None:
    """Four answers at the same time against one."""
    began = time.perf_counter()
    one = await ask(backend, request("Tell me of the sea.", tokens=tokens))
    single = one.usage.output / (time.perf_counter() - began)
    began = time.perf_counter()
    asked = [request(f"Tell me of {what}.", tokens=tokens) for what in ("ice", "sun", "sea", "ash")]
    four = await asyncio.gather(*(ask(backend, each) for each in asked))
    several = sum(each.usage.output for each in four) / (time.perf_counter() - began)
    firsts = ", ".join(f"{each.first - began:.1f}" for each in four)
    print(f"four at once: {several / single:.2f} x one; first tokens after {firsts} s, {load()}")


async def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="auto")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=64)
    options = parser.parse_args()
    folder = models_folder()
    models = LocalModels(folder)
    build = models.choose(options.model)
    with tempfile.TemporaryDirectory() as base:
        process = WorkerProcess(Path(base) / "run", Path(base) / "state", folder, window=4_096)
        backend = LlamaCpp(models, process, build.id)
        try:
            print(f"{build.id}, {models.machine.sentence}, busy: {options.busy}")
            await speeds(backend, models.path(build), options)
            await three_chats(backend)
            await four_at_once(backend, options.tokens)
        finally:
            await process.stop()


if __name__ == "__main__":
    asyncio.run(main())
