# ruff: noqa: T201 - it prints its table
"""How fast and how small the chat app is: ``python -m tests.bench.app [--rounds 5]``.

First paint is the time from starting the program to its message box in a terminal, against a bare
Textual program in the same run, in turns. The rest is measured in one process on the real engine
and store, without a name model, with a scripted provider on loopback that is a process of its own:
opening a chat of 1,000 messages, memory while an answer of 20,000 tokens streams into it, a key
press in a prompt of 20,000 characters until the screen shows it, and search jumps that must land on
their question.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import pexpect

from edgeroute.core.messages import assistant, user
from edgeroute.tui.widgets.transcript.block import Block
from tests.support import replies
from tests.support.house import House, house
from tests.support.scripted_provider import Received, Reply, ScriptedProvider
from tests.tui.driver import Driver, running

ROOT: Final = Path(__file__).resolve().parents[2]
TURNS: Final = 500
TOKENS: Final = 20_000
PROMPT: Final = 20_000
KEYS: Final = 200
JUMPS: Final = 20
HELLO: Final = (
    "from textual.app import App\nfrom textual.widgets import Static\n"
    "class Hello(App):\n    def compose(self):\n        yield Static('Ask anything')\n"
    "Hello().run()\n"
)
ANSWER: Final = (
    "## A heading\n\nA paragraph of **some** words that says what is meant, `code` included.\n\n"
    "1. first\n2. second\n\n```python\ndef find(table, key):\n    return table[key]\n```\n\n"
)


def first_paint(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds until the message box, or what stands for it, is on the screen: by the clock, and of
    the processor, which says the same on a busy machine.
    """
    began = time.perf_counter()
    app = pexpect.spawn(command[0], command[1:], env=environment, dimensions=(36, 120), timeout=60)
    try:
        app.expect("Ask")
        fields = Path(f"/proc/{app.pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return time.perf_counter() - began, ticks / os.sysconf("SC_CLK_TCK")
    finally:
        app.close(force=True)


def paints(rounds: int) -> tuple[list[float], list[float]]:
    """Median first paint of the app and of a bare Textual program, in turns: seconds by the clock
    and of the processor.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        (home / "config").mkdir(parents=True)
        (home / "config" / "config.toml").write_text("")
        environment = {
            **os.environ,
            "EDGEROUTE_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "EDGEROUTE_PREPARE": "never",  # nothing is fetched or compiled behind it
        }
        ours, bare = [], []
        for _ in range(rounds):
            bare.append(first_paint([sys.executable, "-c", HELLO], environment))
            ours.append(first_paint([sys.executable, "-m", "edgeroute"], environment))
    return (
        [statistics.median(column) for column in zip(*ours, strict=True)],
        [statistics.median(column) for column in zip(*bare, strict=True)],
    )


def megabytes() -> float:
    """The resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def streamed(asked: Received) -> Reply:
    """A long answer to what asks for one."""
    if asked.method == "POST" and "long" in str(asked.json["messages"][-1]["content"]):
        words = replies.words(ANSWER * (TOKENS // 40))[:TOKENS]
        return replies.stream(replies.chat_events(words))
    return replies.answer(asked, "Short.")


def fill(home: House) -> str:
    """A chat of 1,000 messages; its id."""
    stored = home.stores.conversations
    chat = stored.create(title="long").id
    for number in range(TURNS):
        text = f"{ANSWER * (1 + number % 3)}Answer {number}."
        stored.append(chat, [user(f"question{number:04} and more"), assistant(text)], model="far/m")
    return chat


async def opened(chat: Driver, name: str) -> float:
    """Seconds until the chat's end is painted."""
    began = time.perf_counter()
    painted = asyncio.Event()
    await chat.chat.chats.open(name)
    chat.chat.call_after_refresh(painted.set)
    await painted.wait()
    return time.perf_counter() - began


async def most_memory(chat: Driver) -> float:
    """The most memory while the long answer streams."""
    most = 0.0
    chat.chat.composer.insert("a long answer, please")
    await chat.checked()
    said = len(chat.chat.state.messages)
    chat.app.simulate_key("enter")
    while len(chat.chat.state.messages) == said:
        await asyncio.sleep(0.2)
        most = max(most, megabytes())
    return most


async def key_times(chat: Driver) -> tuple[list[float], list[float]]:
    """Milliseconds from a key to the screen, in a long prompt with personal data in it: by the
    clock, and of this thread's work.
    """
    line = "Write to anna.berg@example.com about the parcel that never came, and be kind. "
    chat.chat.composer.focus()
    chat.chat.composer.put((line * (PROMPT // len(line) + 1))[:PROMPT])
    await chat.checked()
    times, work = [], []
    for _ in range(KEYS):
        length, painted = len(chat.text), asyncio.Event()
        began, worked = time.perf_counter(), time.thread_time()
        chat.app.simulate_key("x")
        while len(chat.text) == length:  # noqa: ASYNC110 - the very moment is measured
            await asyncio.sleep(0)
        chat.chat.call_after_refresh(painted.set)
        await painted.wait()
        times.append((time.perf_counter() - began) * 1000)
        work.append((time.thread_time() - worked) * 1000)
        await asyncio.sleep(0.02)
    return times, work


async def landed(chat: Driver, home: House) -> int:
    """How many search jumps put their question where it is read at once."""
    good = 0
    view = chat.chat.page.transcript
    for jump in range(JUMPS):
        word = f"question{jump * 67 % TURNS:04}"
        hit = home.runtime.conversations.search(word)[0]
        await chat.chat.chats.switch(hit.conversation, turn=hit.position)
        await chat.until(lambda: any(b.has_focus for b in chat.chat.query(Block)))
        await chat.pilot.pause(0.2)
        block = next(b for b in chat.chat.query(Block) if b.has_focus)
        seen = view.region.contains_point(block.region.offset)
        good += seen and block.text.startswith(f"{word} ")
    return good


def upstream(said: Connection) -> None:
    """The provider, in a process of its own: says its address, and serves until it is ended."""
    with ScriptedProvider(streamed) as provider:
        said.send(provider.base_url)
        said.recv()


@contextmanager
def provider() -> Iterator[str]:
    """The address of a provider that runs in a process of its own."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=upstream, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("")
        process.join()


async def inside(folder: Path, address: str) -> list[tuple[str, float, float, str]]:
    """Everything that is measured in this process."""
    settings = (
        f'[providers.far]\nbase_url = "{address}"\nmodels = ["m"]\ncontext_tokens = 1_000_000\n'
    )
    rules = {"test.yaml": "routing:\n  rules:\n    - default: far/m\n"}
    async with house(folder, {}, settings=settings, rules=rules) as home:
        name = fill(home)
        home.runtime.admin.own.answered()  # nothing is to be offered meanwhile
        async with running(home.runtime, (120, 36)) as chat:
            await opened(chat, name)
            await chat.press("ctrl+n")
            seconds = await opened(chat, name)
            memory = await most_memory(chat)
            jumps = await landed(chat, home)
            await chat.press("ctrl+n")
            times, work = await key_times(chat)
    late = statistics.quantiles(times, n=20)[-1]
    print(f"a key is {statistics.median(work):.1f} ms of work, in the middle of {KEYS}")
    return [
        ("a chat of 1,000 messages opens", seconds, 1.0, "s"),
        ("memory while 20,000 tokens stream", memory, 160.0, "MB"),
        ("key press to screen, p95", late, 30.0, "ms"),
        ("search jumps that miss, of 20", JUMPS - jumps, 0.0, ""),
    ]


def main(paint: Callable[[int], tuple[list[float], list[float]]] = paints) -> int:
    """Print the table; 1 where a budget is not kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    ours, bare = paint(rounds)
    for what, app, other in zip(("by the clock", "of work"), ours, bare, strict=True):
        print(f"first paint: {app:.2f} s {what}, a bare Textual program {other:.2f} s")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    rows = [("first paint / bare Textual", ours[0] / bare[0], 3.0, "x")]
    with tempfile.TemporaryDirectory() as folder, provider() as address:
        rows += asyncio.run(inside(Path(folder), address))
    for what, found, budget, unit in rows:
        word = "kept" if found <= budget else "NOT KEPT"
        print(f"{what:36} {found:8.2f} {unit:3} of {budget:6.1f}  {word}")
    return int(any(found > budget for _, found, budget, _ in rows))


if __name__ == "__main__":
    sys.exit(main())
