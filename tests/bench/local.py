# ruff: noqa: T201 - it prints its tables
"""How fast the own worker is, beside llama.cpp alone on the same file in the same run.

``python -m tests.bench.local [--model ID] [--busy] [--shared] [--rounds N] [--tokens N]``

Rounds are interleaved, so that what else the machine does falls on all alike, and each prints the
machine's load. With ``--busy`` one core counts meanwhile. Speeds are medians, in tokens per second,
and so are the proportions, which compare within each round. Threads that wait awake for long stand
still where others use the machine: a setting that takes more than a minute is not tried again, and
``--shared`` leaves them out from the first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import select
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
SPIN = {"GOMP_SPINCOUNT": "3000"}
RAW: dict[str, tuple[int, dict[str, str]]] = {
    "raw, all threads": (0, {}),
    "raw, all threads, short spin": (0, SPIN),
    "raw, half the threads": (2, {}),
}
ALONE = """
import json, sys, time
from llama_cpp import Llama
path, threads = sys.argv[1], int(sys.argv[2])
llama = Llama(model_path=path, n_ctx=2048, n_batch=512, n_threads=threads,
              n_threads_batch=threads, verbose=False)
print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    llama.reset()
    tokens = llama.tokenize(asked["text"].encode(), add_bos=False)
    began = time.perf_counter()
    drawing = llama.generate(tokens, top_k=20, top_p=0.8, temp=0.7, min_p=0.0, repeat_penalty=1.05)
    next(drawing)
    read = time.perf_counter()
    for _ in range(asked["count"]):
        next(drawing)
    ended = time.perf_counter()
    print(json.dumps([len(tokens) / (read - began), asked["count"] / (ended - read)]), flush=True)
"""
MOST_SECONDS = 60.0
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


class Alone:
    """llama.cpp alone, loaded once in a process of its own; close it."""

    def __init__(self, path: Path, threads: int, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", ALONE, str(path), str(threads)],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self._said = self._process.stdout
        self._said.readline()

    def measure(self, text: str, tokens: int) -> tuple[float, float] | None:
        """Prefill and decode of one answer; None where it takes too long."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"text": text, "count": tokens}) + "\n")
        self._process.stdin.flush()
        if not select.select([self._said], [], [], MOST_SECONDS)[0]:
            return None
        read, drawn = json.loads(self._said.readline())
        return read, drawn

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


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
    """Prefill and decode, worker and llama.cpp alone in turn, each round compared by itself."""
    cores = backend._models.machine.cores
    alone = {
        name: Alone(path, max(1, cores // (divisor or 1)), environment)
        for name, (divisor, environment) in RAW.items()
        if environment or divisor or not options.shared
    }
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    try:
        with busy(wanted=options.busy):
            await ask(backend, request("Hi", tokens=40))  # loaded, and its pace is found
            for number in range(1, options.rounds + 1):
                text = f"{number} {STORY}"
                for name in list(alone):
                    row = alone[name].measure(text, options.tokens)
                    if row is None:
                        alone.pop(name).close()
                        found.pop(name, None)
                        print(f"{name}: stood still for {MOST_SECONDS:.0f} seconds", flush=True)
                    else:
                        found[name].append(row)
                answer = await ask(backend, request(text, tokens=options.tokens))
                read_seconds = answer.first - answer.began
                found["worker"].append((answer.usage.input_uncached / read_seconds, answer.speed))
                print(f"round {number}: {load()}", flush=True)
    finally:
        for one in alone.values():
            one.close()
    for name, rows in found.items():
        read, drawn = (statistics.median(row[part] for row in rows) for part in (0, 1))
        print(
            f"{name:32} prefill {read:7.1f} ({_beside(found, name, 0):.2f} of the best raw)"
            f"  decode {drawn:6.1f} ({_beside(found, name, 1):.2f})"
        )


def _beside(found: dict[str, list[tuple[float, float]]], name: str, part: int) -> float:
    """How fast ``name`` is beside the raw setting that is best on the whole, round by round."""
    best = max(
        found.keys() & RAW,
        key=lambda raw: statistics.median(row[part] for row in found[raw]),
        default=name,
    )
    pairs = zip(found[name], found[best], strict=True)
    return statistics.median(own[part] / raw[part] for own, raw in pairs)


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
    parser.add_argument("--shared", action="store_true")
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
            for _ in range(options.rounds):
                await four_at_once(backend, options.tokens)
        finally:
            await process.stop()


if __name__ == "__main__":
    asyncio.run(main())
