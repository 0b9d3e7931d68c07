# ruff: noqa: T201 - it prints its tally
"""What a long time of faults leaves behind: ``python -m tests.bench.soak [--minutes 20]``.

Three endpoints share one home. Two managed APIs fail in every way of the fault matrix, well for a
while and badly for another; clients ask, with and without streams, open and private prompts; every
so often an endpoint is stopped or killed, and started again. At the end memory, descriptors, the
breakers, receipts, ledger and turns are looked at, and whether a private prompt, or what followed
it in its conversation, ever reached a managed API.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from edgeroute import config
from edgeroute.wiring import Runtime
from tests.bench.durability import QUESTION, Tally, missing, read_response, request_bytes, token_of
from tests.bench.endpoint import free_port
from tests.faults.chaos import TROUBLES, limits
from tests.support import replies
from tests.support.house import paths as paths_of
from tests.support.scripted_provider import Received, Reply, ScriptedProvider

ENDPOINTS: Final = 3
CLIENTS: Final = 3  # of each endpoint
MOOD_SECONDS: Final = 7.0
RESTART_SECONDS: Final = 45.0
LONGEST: Final = 180.0  # seconds that an answer may take, a restart before it included
# From the first third to the last of an endpoint that is never restarted.
GROWTH_BYTES: Final = 48 * 1024 * 1024
GROWTH_DESCRIPTORS: Final = 8
_PRIVATE: Final = "My SSN is 521-44-9821, write to my bank"
# Who may be asked again in ten minutes only is not well again at the end.
_LONG: Final = ("429, long", "429, a date")
_TROUBLES: Final = [trouble for trouble in TROUBLES if trouble.name not in _LONG]
_SHARES: Final = {"well": 0.02, "shaky": 0.4, "down": 1.0}  # of the answers that go wrong
_POLICY: Final = "routing:\n  rules:\n    - default: one/m\n      fallbacks: [two/m]\n"
_SOON: Final = {
    "breaker": {"within": 30, "open": 10, "check_after": 2, "check_longest": 5, "probe": 5},
    "rate_limit": {"cooldown": 1, "longest_cooldown": 5},
    "account": {"no_credit": 5, "bad_key": 5, "unknown_model": 5},
}


@dataclass
class Weather:
    """What the managed APIs do at the moment, and what they got that they should not have."""

    tally: Tally = field(default_factory=Tally)
    ends: float = float("inf")
    leaked: list[str] = field(default_factory=list)

    def answer(self, request: Received) -> Reply:
        """A managed API's part."""
        if b"521-44" in request.body or b"latched" in request.body:
            self.leaked.append(request.body.decode("utf-8", "replace")[-80:])
        if request.method == "GET":
            return replies.answer(request, "")
        plain = self.tally.answer(request)
        if time.monotonic() > self.ends:
            return plain
        mood = random.Random(f"{time.monotonic() // MOOD_SECONDS} {request.headers['host']}")
        if random.random() < _SHARES[mood.choice(tuple(_SHARES))]:
            return random.choice(_TROUBLES).reply
        return plain


@dataclass
class Server:
    """One endpoint, and what was seen of its process: (descriptors, bytes of memory)."""

    home: Path
    port: int = field(default_factory=free_port)
    seen: list[tuple[int, int]] = field(default_factory=list)
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None
    away: bool = False

    async def start(self) -> None:
        """Start it and wait until it listens."""
        self.starts += 1
        self.process = await asyncio.to_thread(
            subprocess.Popen,
            [sys.executable, "-m", "edgeroute", "serve", "--port", str(self.port)],
            env={**os.environ, "EDGEROUTE_HOME": str(self.home), "EDGEROUTE_PREPARE": "never"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(3_000):
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                self.away = False
                return
            await asyncio.sleep(0.02)
        raise RuntimeError("the endpoint does not start")

    async def end(self, number: signal.Signals) -> None:
        """End its process."""
        assert self.process is not None
        self.away = True
        self.process.send_signal(number)
        await asyncio.to_thread(self.process.wait)

    def look(self) -> None:
        """Keep how much it uses now, where the system tells."""
        assert self.process is not None
        place = Path(f"/proc/{self.process.pid}")
        with suppress(OSError, StopIteration):
            lines = (place / "status").read_text().splitlines()
            memory = next(line for line in lines if line.startswith("VmRSS:"))
            used = int(memory.split()[1]) * 1024
            self.seen.append((len(list((place / "fd").iterdir())), used))


class Soak:
    """Everything that runs, and what came of it."""

    def __init__(self, home: Path, minutes: float, weather: Weather) -> None:
        self._home = home
        self._ends = time.monotonic() + minutes * 60
        self.weather = weather
        self.servers = [Server(home) for _ in range(ENDPOINTS)]
        self.came: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.blocked = 0

    async def run(self) -> None:
        """All of it."""
        self.weather.ends = self._ends
        for server in self.servers:
            await server.start()
        token = token_of(self._home)
        try:
            asking = [
                self._client(server, token, f"k{n}-{one}", stream=one % 2 == 1)
                for n, server in enumerate(self.servers)
                for one in range(CLIENTS)
            ]
            await asyncio.gather(self._watch(), self._restart(), *asking)
            await self._recover(token)
        finally:
            for server in self.servers:
                await server.end(signal.SIGTERM)

    async def _watch(self) -> None:
        """Memory, descriptors, and whether a breaker is open, every few seconds."""
        while time.monotonic() < self._ends:
            await asyncio.sleep(5)
            for server in self.servers:
                server.look()
            states = await asyncio.to_thread(_states, self._home)
            self.blocked += any(state != "ok" for state in states.values())

    async def _restart(self) -> None:
        """End one endpoint after the other, never the first; every second time by a kill."""
        for turn in range(10_000):
            await asyncio.sleep(min(RESTART_SECONDS, max(0.0, self._ends - time.monotonic())))
            if time.monotonic() >= self._ends:
                return
            server = self.servers[1 + turn % (ENDPOINTS - 1)]
            await server.end(signal.SIGKILL if turn // 2 % 2 else signal.SIGTERM)
            await server.start()

    async def _client(self, server: Server, token: str, name: str, *, stream: bool) -> None:
        """Ask one prompt after the other; each third conversation begins with a private one."""
        turn = 0
        while time.monotonic() < self._ends:
            turn += 1
            conversation = f"{name}-{turn}"
            if turn % 3 == 0:
                # Only what was answered is known to the record: a restart may have come before.
                if await self._ask(server, token, conversation, _PRIVATE, stream=stream, here=True):
                    latched = f"{QUESTION}, latched"
                    await self._ask(server, token, conversation, latched, stream=stream, here=True)
            else:
                text = f"{QUESTION}, prompt {conversation}"
                await self._ask(server, token, conversation, text, stream=stream)
            await asyncio.sleep(random.uniform(0, 0.3))

    async def _ask(
        self, server: Server, token: str, name: str, text: str, *, stream: bool, here: bool = False
    ) -> bool:
        """Ask once; whether the whole answer came."""
        try:
            async with asyncio.timeout(LONGEST):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                try:
                    writer.write(request_bytes(server.port, token, name, text, stream=stream))
                    status, body = await read_response(reader)
                finally:
                    writer.close()
        except TimeoutError:
            self.wrong.append(f"{name}: no end within {LONGEST:.0f} s")
        except (OSError, EOFError) as error:
            self.came["broken by a restart"] += 1
            await asyncio.sleep(0.5)
            if server is self.servers[0]:
                self.wrong.append(f"{name}: {error!r} without a restart")
        else:
            error_event = b'data: {"error"' in body
            whole = status == 200 and (not stream or replies.DONE in body) and not error_event
            self.came[
                "whole" if whole else f"{status}, broken off" if status == 200 else str(status)
            ] += 1
            if whole:
                self.weather.tally.acknowledged.add(name)
                return True
            if here:
                self.wrong.append(f"{name}: private and not answered: {status} {body[:200]!r}")
        return False

    async def _recover(self, token: str) -> None:
        """With every managed API well again, no breaker stays open and all endpoints use it."""
        began = time.monotonic()
        for server in self.servers:
            before = len(self.weather.tally.received)
            for turn in range(200):
                name = f"k{server.port}-{turn}"
                await self._ask(server, token, name, f"{QUESTION}, prompt {name}", stream=False)
                if len(self.weather.tally.received) > before and turn > 2:
                    break
                await asyncio.sleep(0.5)
            else:
                self.wrong.append(f"endpoint {server.port} never asks a managed API again")
        while states := {n: s for n, s in _states(self._home).items() if s != "ok"}:
            if time.monotonic() - began > 60:
                self.wrong.append(f"still not well: {states}")
                return
            for server in self.servers:
                name = f"k{server.port}-{time.monotonic_ns()}"
                await self._ask(server, token, name, f"{QUESTION}, prompt {name}", stream=False)
            await asyncio.sleep(1)
        self.came["seconds until all was well again"] = round(time.monotonic() - began)


def _states(home: Path) -> dict[str, str]:
    """How each of the two managed APIs is by what all processes have written."""
    runtime = _runtime(home)
    try:
        return {row.id: row.state for row in runtime.providers.status() if row.id in {"one", "two"}}
    finally:
        runtime._stores.database.close()


def _runtime(home: Path) -> Runtime:
    paths = paths_of(home)
    return Runtime(paths, config.parse(paths.settings.read_text()))


def grown(seen: list[tuple[int, int]]) -> Iterator[str]:
    """What grew over the life of a process, in its last third against its first."""
    third = len(seen) // 3
    if not third:
        return
    first, last = ([median(column) for column in zip(*part, strict=True)]
                   for part in (seen[:third], seen[-third:]))  # fmt: skip
    print(f"descriptors {first[0]:.0f} -> {last[0]:.0f}, memory {first[1] / 2**20:.0f} ->"
          f" {last[1] / 2**20:.0f} MiB")  # fmt: skip
    if last[0] - first[0] > GROWTH_DESCRIPTORS:
        yield f"descriptors: {first[0]} -> {last[0]}"
    if last[1] - first[1] > GROWTH_BYTES:
        yield f"memory: {first[1]} -> {last[1]} bytes"


def furnish(home: Path, cloud: dict[str, str], local: str) -> None:
    """The settings of the home: two managed APIs and a local server."""
    numbers = json.loads(limits())
    for part, values in _SOON.items():
        numbers[part] |= values
    (home / "config" / "rules").mkdir(parents=True, mode=0o700)
    tables = "".join(
        f'[providers.{name}]\nbase_url = "{url}"\nmodels = ["m"]\n' for name, url in cloud.items()
    )
    (home / "config" / "config.toml").write_text(
        f'{tables}[router]\npolicy = "bench"\n[local]\nbackend = "here"\n'
        f'[local.endpoints.here]\nbase_url = "{local}"\nmodel = "m"\n'
    )
    rules = {"bench": _POLICY, "privacy": "names: 'off'\n", "resilience": json.dumps(numbers)}
    for name, text in rules.items():
        (home / "config" / "rules" / f"{name}.yaml").write_text(text)


def _local(request: Received) -> Reply:
    if request.method == "GET":
        return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
    return replies.answer(request, "The local model says so.")


def main() -> None:
    """Run, then compare."""
    parser = argparse.ArgumentParser(description="Let everything fail for a while.")
    parser.add_argument("--minutes", type=float, default=20.0)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, {arguments.minutes} minutes")
    weather = Weather()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        home = Path(folder) / "home"
        cloud = {name: ScriptedProvider(weather.answer) for name in ("one", "two")}
        here = running.enter_context(ScriptedProvider(_local))
        urls = {name: running.enter_context(one).base_url for name, one in cloud.items()}
        furnish(home, urls, here.base_url)
        soak = Soak(home, arguments.minutes, weather)
        asyncio.run(soak.run())
        wrong = [*soak.wrong, *(f"reached a managed API: {one}" for one in weather.leaked)]
        wrong += [f"lost: {kind} of {name}" for kind, name in missing(home, weather.tally)]
    wrong += grown(soak.servers[0].seen)
    if not soak.blocked and arguments.minutes >= 1:
        wrong.append("no breaker ever opened: this says nothing of them")
    starts = sum(server.starts for server in soak.servers)
    looks = len(soak.servers[0].seen)
    print(f"{starts} starts; a breaker was open in {soak.blocked} of {looks} looks")
    print(f"{len(weather.tally.acknowledged)} conversations answered whole, "
          f"{len(weather.tally.received)} prompts reached a managed API.")  # fmt: skip
    for what, count in sorted(soak.came.items()):
        print(f"  {count:6} x {what}")
    for sentence in wrong[:20]:
        print(f"WRONG: {sentence}")
    print(f"{len(wrong)} wrong." if wrong else "Nothing is lost, nothing grew, nothing slipped.")
    sys.exit(bool(wrong) or not weather.tally.acknowledged)


if __name__ == "__main__":
    main()
