"""How a large history feels: ``python -m tests.bench.store [MESSAGES]`` (default 100,000).

Prints, for an encrypted database of so many messages in conversations of 200 and one of 20,000,
milliseconds for opening it, the list, the conversations and a search, each as the median and the
slowest of some rounds with a new connection.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from edgeroute.core.messages import assistant, user
from edgeroute.core.secret import Secret
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.database.database import Database

ROUNDS = 7
USUAL, LONG = 200, 20_000
RARE, COMMON, PHRASE = "quokka", "table", "hash table"
WORDS = [
    "hash",
    "table",
    "bucket",
    "key",
    "value",
    "open",
    "chain",
    "probe",
    "load",
    "factor",
    "resize",
    "cache",
    "line",
    "memory",
    "thread",
    "lock",
    "queue",
    "stack",
    "heap",
    "tree",
    "graph",
    "node",
    "edge",
    "path",
    "route",
    "model",
    "token",
    "prompt",
    "answer",
    "cost",
    "price",
    "window",
]


def fill(conversations: Conversations, database: Database, messages: int) -> str:
    """Write the history; the id of the long conversation."""
    rng = random.Random(2026)

    def words() -> str:
        return " ".join(rng.choices(WORDS, k=60))

    def write(name: str, count: int) -> None:
        for number in range(count // 2):
            rare = f" {RARE}" if number == count // 4 else ""
            turn = (user(f"{number} {words()}{rare}"), assistant(words()))
            conversations.append(name, turn, model="acme/one")

    long = conversations.create(title="The long one").id
    with database.transaction():
        write(long, min(LONG, messages))
    for _ in range(max(0, messages - LONG) // USUAL):
        with database.transaction():
            write(conversations.create().id, USUAL)
    return long


def timed(path: Path, key: Secret, work: Callable[[Conversations], object]) -> str:
    """Milliseconds of ``work`` in connections that are new each time."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        database = Database.open(path, key)
        work(Conversations(database))
        taken.append((time.perf_counter() - started) * 1000)
        database.close()
    return f"p50 {statistics.median(taken):7.1f}   max {max(taken):7.1f}"


def main() -> None:
    """Print the table."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path, key = Path(folder) / "data" / "edgeroute.db", Secret("5e" * 32)
        database = Database.open(path, key)
        started = time.perf_counter()
        long = fill(Conversations(database), database, messages)
        usual = Conversations(database).list()[-1].id
        database.close()
        size = path.stat().st_size / 1024 / 1024
        seconds = time.perf_counter() - started
        print(f"{messages} messages, {size:.0f} MiB, written in {seconds:.1f} s")  # noqa: T201
        rows: dict[str, Callable[[Conversations], object]] = {
            "open and list 200": lambda found: found.list(),
            "open and read 200 messages": lambda found: found.turns(usual),
            "open and read 20,000 messages": lambda found: found.turns(long),
            "open and read the last 100 of them": lambda found: found.turns(long, limit=50),
            f"open and search {RARE}": lambda found: found.search(RARE),
            f"open and search {COMMON}": lambda found: found.search(COMMON),
            f"open and search {PHRASE}": lambda found: found.search(PHRASE),
            "open and search, word by letters": lambda found: found.search("t"),
            "open and list earlier prompts": lambda found: found.prompts(),
        }
        for name, work in rows.items():
            print(f"{name:36s} {timed(path, key, work)}")  # noqa: T201


if __name__ == "__main__":
    main()
