# ruff: noqa: T201 - it prints its tables
"""What the endpoint adds to a request: ``python -m tests.bench.endpoint [--rounds 5]``.

The same upstream is asked directly, through a bare Starlette and httpx proxy, through EdgeRoute
and, with ``--litellm PROGRAM``, through LiteLLM, all in turns within one run. Each runs in a
process of its own. Times are milliseconds; *added* is what is beyond the direct call. Then the
commands that ask, explain and scan are timed, alone and beside the endpoint that runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edgeroute import datafile
from tests.bench.scripted_upstream import TOKENS

REQUESTS: Final = 40  # of each kind and contender in a round
WARM: Final = 15
CONNECTIONS: Final = (1, 16, 64)
LOAD: Final = 400  # requests of one load measurement
HISTORY: Final = (400, 1_000)  # messages, characters of each
_START_SECONDS: Final = 180
_VOCABULARY: Final = """
    table bucket index sorted stable merge queue graph cache latency vector matrix parser
    token syntax lambda closure thread socket buffer stream packet kernel driver compile
    linker module function argument variable constant pointer integer float string array
    record iterate reduce
"""
_WORDS: Final = _VOCABULARY.split()


@dataclass(frozen=True)
class Contender:
    """Something that can be asked. ``model`` is its name for the upstream's model."""

    name: str
    port: int
    model: str = "m"
    headers: Mapping[str, str] = field(default_factory=dict)
    pid: int = 0


@dataclass(frozen=True)
class Timing:
    """Milliseconds to the first piece of the body and to its end; ``status`` is HTTP's."""

    first: float
    whole: float
    status: int = 200


class Connection:
    """A kept connection that speaks as little HTTP as it needs."""

    def __init__(self, contender: Contender) -> None:
        self._to = contender
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: bytes) -> Timing:
        """Send a prompt and read the whole answer."""
        if self._streams is None:
            opened = await asyncio.open_connection("127.0.0.1", self._to.port, limit=1 << 24)
            self._streams = opened
        reader, writer = self._streams
        extra = "".join(f"{name}: {value}\r\n" for name, value in self._to.headers.items())
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{self._to.port}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
        )
        begun = time.perf_counter()
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(answer.split(b" ", 2)[1])
        first = await self._body(reader, answer)
        return Timing((first - begun) * 1000, (time.perf_counter() - begun) * 1000, status)

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> float:
        """Read the body; when its first piece came."""
        if b"transfer-encoding: chunked" not in head:
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(1)
            first = time.perf_counter()
            await reader.readexactly(length - 1)
            return first
        first = 0.0
        while size := int(await reader.readline(), 16):
            first = first or time.perf_counter()
            await reader.readexactly(size + 2)
        await reader.readline()
        return first

    async def close(self) -> None:
        """End the connection."""
        if self._streams is not None:
            self._streams[1].close()


def body_of(contender: Contender, text: str, *, stream: bool = False, model: str = "") -> bytes:
    """A prompt as the contender takes it."""
    messages = [{"role": "user", "content": text}]
    asked = {"model": model or contender.model, "messages": messages, "stream": stream}
    return json.dumps(asked).encode()


def prompt(rng: random.Random, characters: int = 500) -> str:
    """A harmless prompt that nobody has seen before."""
    words: list[str] = []
    while sum(map(len, words)) + len(words) < characters:
        words.append(rng.choice(_WORDS))
    return f"Explain how these go together, in order: {' '.join(words)}"[:characters] + "."


async def rounds(contenders: list[Contender], number: int) -> None:
    """Print the table of single requests."""
    rng = random.Random(time.time_ns())
    same = prompt(rng)
    kinds: dict[str, Callable[[Contender], bytes]] = {
        "named, known text": lambda c: body_of(c, same),
        "new prompt, auto": lambda c: body_of(
            c, prompt(rng), model="auto" if c.name == "edgeroute" else ""
        ),
        "stream of a named model": lambda c: body_of(c, same, stream=True),
    }
    seen: dict[tuple[str, str], list[Timing]] = {}
    for each in contenders:
        connection = Connection(each)
        for make in kinds.values():
            for _ in range(WARM):
                await connection.ask(make(each))
        await connection.close()
    for _ in range(number):
        for kind, make in kinds.items():
            for each in rng.sample(contenders, len(contenders)):
                connection = Connection(each)
                await connection.ask(make(each))  # connects
                timings = [await connection.ask(make(each)) for _ in range(REQUESTS)]
                seen.setdefault((kind, each.name), []).extend(timings)
                await connection.close()
    for kind in kinds:
        base = statistics.median(one.whole for one in seen[kind, "direct"])
        bare = statistics.median(one.whole for one in seen[kind, "bare"]) - base
        print(f"\n{kind}")
        for each in contenders:
            timings = seen[kind, each.name]
            whole = sorted(one.whole for one in timings)
            added = statistics.median(whole) - base
            first = statistics.median(one.first for one in timings)
            failed = sum(one.status != 200 for one in timings)
            print(
                f"  {each.name:10} p50 {statistics.median(whole):7.2f}  added {added:7.2f}"
                f" ({added / bare if bare else 0:5.2f} x bare)"
                f"  p95 {whole[int(len(whole) * 0.95)]:7.2f}  first {first:7.2f}  failed {failed}"
            )


async def load(contenders: list[Contender]) -> None:
    """Print how many requests a second each takes."""
    print("\nrequests a second (named model, known text)")
    for count in CONNECTIONS:
        told = []
        for each in contenders:
            body = body_of(each, "Explain how a hash table works.")
            connections = [Connection(each) for _ in range(count)]
            left = iter(range(LOAD))
            failed = 0

            async def work(connection: Connection, body: bytes = body, left: Iterator[int] = left):  # type: ignore[no-untyped-def]
                nonlocal failed
                for _ in left:
                    try:
                        failed += (await connection.ask(body)).status != 200
                    except (OSError, EOFError):
                        failed += 1

            begun = time.perf_counter()
            await asyncio.gather(*(work(one) for one in connections))
            rate = LOAD / (time.perf_counter() - begun)
            told.append(f"{each.name} {rate:.0f} ({failed} failed)")
            for one in connections:
                await one.close()
        print(f"  {count:3} connections: {', '.join(told)}")


async def long_history(contenders: list[Contender]) -> None:
    """Print what a long history costs, and what one more message in it does."""
    count, length = HISTORY
    print(f"\na history of {count * length:,} characters")
    rng = random.Random(time.time_ns())
    messages = [
        {"role": "user" if number % 2 == 0 else "assistant", "content": prompt(rng, length)}
        for number in range(count - 1)
    ]
    for each in contenders:
        connection, history, times = Connection(each), list(messages), []
        for _ in range(8):
            body = json.dumps({"model": each.model, "messages": history}).encode()
            times.append((await connection.ask(body)).whole)
            history += [  # the answer that was given, as clients repeat it
                {"role": "assistant", "content": "word " * TOKENS},
                {"role": "user", "content": prompt(rng)},
            ]
        again = statistics.median(times[1:])
        print(f"  {each.name:10} cold {times[0]:8.1f}  with one new message {again:7.1f}")
        await connection.close()


async def memory(each: Contender, number: int) -> None:
    """Print what ``number`` requests leave in memory."""
    connection = Connection(each)
    before = _resident(each.pid)
    for _ in range(number):
        await connection.ask(body_of(each, "Explain how a hash table works."))
    await connection.close()
    print(f"\nmemory: {before:.0f} MB, after {number:,} more requests {_resident(each.pid):.0f} MB")


def _resident(pid: int) -> float:
    """What a process and its children hold, in MB that are not shared with others."""
    found = 0.0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            found += int(line.split()[1]) / 1000
    return found


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def _process(command: list[str], port: int, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """A server that listens on ``port`` while the block runs; gives its process id."""
    begun = time.perf_counter()
    around = {**os.environ, **(env or {})}
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=around)
    try:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if running.poll() is not None or time.perf_counter() - begun > _START_SECONDS:
                raise SystemExit(f"{command[:4]} did not start")
            time.sleep(0.01)
        print(f"{' '.join(command[-4:])}: listening after {time.perf_counter() - begun:.2f} s")
        yield running.pid
    finally:
        running.terminate()
        running.wait(20)


def commands(places: Mapping[str, Mapping[str, str]], times: int) -> None:
    """Print how long the commands take in the environments ``places``, in turns."""
    python = [sys.executable, "-m", "edgeroute"]
    asked = "Explain how a hash table works."
    lines = {
        "ask": [*python, "ask", "--model", "up/m", asked],
        "explain": [*python, "explain", asked],
        "scan": [*python, "scan", str(Path(__file__))],
    }
    seen: dict[tuple[str, str], list[float]] = {}
    for number in range(times + 1):  # the first of each fills the caches of the file system
        for name, line in lines.items():
            for place, around in places.items():
                begun = time.perf_counter()
                subprocess.run(line, env={**os.environ, **around}, capture_output=True, check=False)
                if number:
                    seen.setdefault((name, place), []).append(time.perf_counter() - begun)
    print()
    for (name, place), taken in seen.items():
        print(f"{name}, {place}: p50 {statistics.median(taken):.2f} s, most {max(taken):.2f} s")


def _home(home: Path, upstream: int) -> dict[str, str]:
    """A folder with the packaged rules, whose providers all lead to the upstream; gives the
    environment of programs that use it.
    """
    (home / "config" / "rules").mkdir(parents=True, mode=0o700)
    if models := os.environ.get("EDGEROUTE_MODELS"):
        (home / "models").symlink_to(models)
    (home / "config" / "config.toml").write_text(
        f'[providers.up]\nbase_url = "http://127.0.0.1:{upstream}/v1"\nmodels = ["m"]\n'
        'context_tokens = 1000000\n[router]\npolicy = "bench"\n'
    )
    (home / "config" / "rules" / "bench.yaml").write_text(_policy())
    return {"EDGEROUTE_HOME": str(home), "EDGEROUTE_PREPARE": "never"}  # nothing goes on behind


@contextmanager
def _edgeroute(around: Mapping[str, str]) -> Iterator[Contender]:
    """An endpoint."""
    port = free_port()
    command = [sys.executable, "-m", "edgeroute", "serve", "--port", str(port)]
    with _process(command, port, around) as pid:
        files = Path(around["EDGEROUTE_HOME"]).rglob("endpoint-token")
        token = next(files).read_text().strip()
        headers = {"authorization": f"Bearer {token}"}
        yield Contender("edgeroute", port, "up/m", headers, pid)


def _policy() -> str:
    """The default policy's conditions, all answered by one model at the upstream."""
    text = (datafile.packaged("rules") / "default.yaml").read_text("utf-8")
    text = re.sub(r"(model|default): \w+", r"\1: up/m", text)
    text = re.sub(r"\n *(fallbacks|verify|strategy): .*", "", text)
    return text.partition("  fallback:")[0]


@contextmanager
def _litellm(folder: Path, upstream: int, program: str) -> Iterator[Contender]:
    """LiteLLM's proxy with one model, from an environment of its own."""
    config = folder / "litellm.yaml"
    model = {"model": "openai/m", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "k"}
    config.write_text(json.dumps({"model_list": [{"model_name": "m", "litellm_params": model}]}))
    port = free_port()
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    around = {"PYTHONPATH": "", "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}
    with _process(command, port, around):
        yield Contender("litellm", port)


def main() -> None:
    """Start everything, print the tables."""
    parser = argparse.ArgumentParser(description="Measure what the endpoint adds.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--litellm",
        nargs="?",
        const="litellm",
        default="",
        metavar="PROGRAM",
        help="ask LiteLLM, too: the program of an environment that has `litellm[proxy]`",
    )
    parser.add_argument("--memory", type=int, default=1_000, help="requests for the memory table")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, Python {sys.version.split()[0]}")
    print(f"an answer of {TOKENS} tokens, {REQUESTS} requests of each kind in each round")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        up, bare = free_port(), free_port()
        python = [sys.executable, "-m"]
        stack.enter_context(_process([*python, "tests.bench.scripted_upstream", str(up)], up))
        stack.enter_context(_process([*python, "tests.bench.bare_proxy", str(bare), str(up)], bare))
        contenders = [Contender("direct", up), Contender("bare", bare)]
        if arguments.litellm:
            program = shutil.which(arguments.litellm)
            if program is None:
                parser.error(
                    f"There is no {arguments.litellm}: python -m venv, then"
                    " pip install 'litellm[proxy]' in it."
                )
            contenders.append(stack.enter_context(_litellm(folder, up, program)))
        here = _home(folder / "home", up)
        ours = stack.enter_context(_edgeroute(here))
        contenders.append(ours)
        print(f"memory of edgeroute at start {_resident(ours.pid):.0f} MB")
        asyncio.run(_measure(contenders, ours, arguments))
        cold = _home(folder / "cold", up)
        commands({"alone": cold, "beside a running endpoint": here}, arguments.rounds)


async def _measure(
    contenders: list[Contender], ours: Contender, arguments: argparse.Namespace
) -> None:
    await rounds(contenders, arguments.rounds)
    await load(contenders[1:])
    await long_history(contenders)
    await memory(ours, arguments.memory)


if __name__ == "__main__":
    main()
