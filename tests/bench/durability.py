# ruff: noqa: T201 - it prints its tally
"""What kills lose: ``python -m tests.bench.durability [--kills 300]``.

An endpoint answers prompts from several connections and is killed (SIGKILL) at a random moment,
again and again, over one home. Afterwards the record is compared with what the clients were told
and with what the provider received: each answer that reached its client must have its receipt, its
ledger line and its turn; each prompt that reached the provider must have a receipt that says so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edgeroute.settings import Settings
from edgeroute.wiring import Runtime
from tests.bench.endpoint import free_port
from tests.support import file_keyring, replies
from tests.support.house import paths as paths_of
from tests.support.scripted_provider import Received, Reply, ScriptedProvider

CLIENTS: Final = 4
LONGEST: Final = 1.2  # seconds from the first answer to the kill, at most
QUESTION: Final = "Explain a hash table"
_START_SECONDS: Final = 120.0
_POLICY: Final = "routing:\n  rules:\n    - default: up/m\n"
_WORDS: Final = ("A ", "plain ", "answer.")
_PAUSE: Final = 0.02
_NAME: Final = re.compile(rb"prompt (k[0-9-]+)")


@dataclass
class Tally:
    """What clients were told and what the provider received, by the prompt's name."""

    acknowledged: set[str] = field(default_factory=set)
    received: set[str] = field(default_factory=set)

    def answer(self, request: Received) -> Reply:
        """The provider's part."""
        if found := _NAME.search(request.body):
            self.received.add(found[1].decode())
        if request.json.get("stream"):  # so that many kills fall into the middle of an answer
            return replies.stream(replies.slowly(replies.chat_events(_WORDS), _PAUSE))
        return replies.answer(request, "A plain answer.")


def main() -> None:
    """Kill, then compare."""
    parser = argparse.ArgumentParser(description="Kill the endpoint and look for what is lost.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--encrypted", action="store_true", help="With a keyring, in a file here.")
    parser.add_argument("--minutes", type=float, default=1e9, help="Stop killing after these.")
    arguments = parser.parse_args()
    until = time.monotonic() + arguments.minutes * 60
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, {arguments.kills} kills")
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, ScriptedProvider(tally.answer) as provider:
        home = Path(folder) / "home"
        _furnish(home, provider.base_url)
        if arguments.encrypted:
            os.environ[file_keyring.VARIABLE] = str(Path(folder) / "keyring.json")
        for number in range(arguments.kills):
            if time.monotonic() > until:
                print(f"The time is up after {number} kills.")
                break
            _one_kill(home, number, tally)
            if number % 25 == 24:
                print(f"  {number + 1} kills, {len(tally.acknowledged)} answers", flush=True)
        file_keyring.use()
        lost = list(missing(home, tally))
    print(f"{len(tally.acknowledged)} answers reached their clients,")
    print(f"{len(tally.received)} prompts reached the provider.")
    for kind, count in Counter(kind for kind, _ in lost).items():
        print(f"LOST: {count} x {kind}")
    if lost or not tally.acknowledged:
        print(f"for example {lost[:5]}" if lost else "Nobody was answered: this says nothing.")
    else:
        print("Nothing is lost.")
    sys.exit(bool(lost) or not tally.acknowledged)


def _furnish(home: Path, upstream: str) -> None:
    (home / "config" / "rules").mkdir(parents=True, mode=0o700)
    (home / "config" / "config.toml").write_text(
        f'[providers.up]\nbase_url = "{upstream}"\nmodels = ["m"]\n[router]\npolicy = "bench"\n'
    )
    (home / "config" / "rules" / "bench.yaml").write_text(_POLICY)
    (home / "config" / "rules" / "privacy.yaml").write_text("names: 'off'\n")


def _one_kill(home: Path, number: int, tally: Tally) -> None:
    """Start the endpoint, ask it from several connections, and kill it."""
    port = free_port()
    command = [sys.executable, "-m", file_keyring.__name__, "serve", "--port", str(port)]
    running = subprocess.Popen(
        command,
        env={**os.environ, "EDGEROUTE_HOME": str(home), "EDGEROUTE_PREPARE": "never"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        asyncio.run(_ask_until_killed(home, port, number, running, tally))
    finally:
        running.kill()
        running.wait()


async def _ask_until_killed(
    home: Path, port: int, number: int, running: subprocess.Popen[bytes], tally: Tally
) -> None:
    began = time.monotonic()
    while time.monotonic() - began < _START_SECONDS:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        await asyncio.sleep(0.02)
    token = token_of(home)
    first = asyncio.Event()

    async def kill() -> None:
        if number % 5:  # each fifth dies while it starts
            with suppress(TimeoutError):
                await asyncio.wait_for(first.wait(), _START_SECONDS)
        await asyncio.sleep(random.uniform(0.0, LONGEST))
        os.kill(running.pid, signal.SIGKILL)

    asking = [
        _ask(port, token, f"k{number}-{one}", tally, first, stream=one % 2 == 1)
        for one in range(CLIENTS)
    ]
    await asyncio.gather(kill(), *asking)


def token_of(home: Path) -> str:
    """The token of the endpoint at ``home``."""
    return next(home.rglob("endpoint-token")).read_text().strip()


async def _ask(
    port: int, token: str, name: str, tally: Tally, first: asyncio.Event, *, stream: bool
) -> None:
    """Ask over one connection until it breaks."""
    with suppress(OSError, EOFError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for turn in range(10_000):
            prompt = f"{name}-{turn}"
            request = request_bytes(
                port, token, prompt, f"{QUESTION}, prompt {prompt}", stream=stream
            )
            writer.write(request)
            status, body = await read_response(reader)
            if status == 200 and (not stream or replies.DONE in body):
                tally.acknowledged.add(prompt)
                first.set()


def request_bytes(port: int, token: str, conversation: str, text: str, *, stream: bool) -> bytes:
    """A chat completion of ``text`` in ``conversation``, as it goes over the wire."""
    said = [{"role": "user", "content": text}]
    body = json.dumps({"model": "auto", "messages": said, "stream": stream}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n"
        f"x-edgeroute-conversation: {conversation}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def read_response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of a response; chunks are left in their frames.

    Raises:
        EOFError: the connection broke before its end.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    if length:
        body = await reader.readexactly(int(length[1]))
    else:
        body = await reader.readuntil(b"\r\n0\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


def missing(home: Path, tally: Tally) -> Iterator[tuple[str, str]]:
    """What should be in the record and is not."""
    runtime = Runtime(paths_of(home), Settings())
    receipts = runtime.receipts.list(limit=10_000_000)
    left = {one.conversation for one in receipts if one.left_machine}
    whole = {one.conversation for one in receipts if one.standing}
    for name in sorted(tally.received - left):
        yield "receipt of what left", name
    for name in sorted(tally.acknowledged):
        if name not in whole:
            yield "receipt of an answer", name
        if not runtime.conversations.turns(name):
            yield "turn", name
    entered = {
        row["receipt"] for row in runtime._stores.database.read("SELECT receipt FROM ledger")
    }
    for one in receipts:
        if one.attempts and one.id not in entered:
            yield "ledger line", one.id
    for sentence in runtime.receipts.verify().broken:
        yield "place in the chain of receipts", sentence
    runtime._stores.database.close()


if __name__ == "__main__":
    main()
