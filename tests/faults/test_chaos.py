"""Whatever a managed API does, a request ends once, in time, honestly, and leaves nothing behind.

Each trouble of the matrix meets the first provider only, or all of them; with ``first_token`` and,
with EDGEROUTE_FAULTS=full, with ``complete`` too. In every cell a private prompt goes first.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
import trustme

from edgeroute.core.events import Answered, Failed, ToolCallDelta
from edgeroute.core.model_card import Place
from edgeroute.core.request import Commit
from edgeroute.core.secret import Secret
from edgeroute.core.verdict import PrivacyMode
from edgeroute.providers.egress import Door, EgressLimits
from tests.faults.chaos import TROUBLES, Meaning, Trouble, limits
from tests.support import replies
from tests.support.broken_network import BrokenNetwork, How, tls_server
from tests.support.house import LOCAL_ANSWER, PRIVATE, House, house, request
from tests.support.scripted_provider import Behaviour, Received, Reply, ScriptedProvider, always
from tests.support.sightings import Sighting, watch

pytestmark = pytest.mark.asyncio(loop_scope="module")

Who = Literal["first", "all"]

PROMPT_MARK = "zebra-canary-prompt"
KEY_MARK = "canary-key-of-"
PROMPT = f"Explain how a hash table works, {PROMPT_MARK}."
OTHER = "The other provider says so."
LONGEST = 12.0
FULL = os.environ.get("EDGEROUTE_FAULTS") == "full"
COMMITS: tuple[Commit, ...] = ("first_token", "complete") if FULL else ("first_token",)


def other(asked: Received) -> Reply:
    """A provider that is well."""
    return replies.answer(asked, OTHER)


@dataclass
class Lab:
    """A house that stands for many cells, and everything it ever logged."""

    home: House
    log: list[str]

    def give_keys(self) -> None:
        """Every provider of the house gets a key of its own; the real ones get none."""
        keys: Any = self.home.stores.keys
        cloud = self.home.cloud
        keys.get = lambda name, variable="": Secret(KEY_MARK + name) if name in cloud else None
        keys.source = lambda name, variable="": "keyring" if name in cloud else ""

    def forget(self) -> None:
        """No provider has a history."""
        health = self.home.providers.health
        health._breakers.clear()
        health._accounts.clear()
        limits_ = health.rate_limits
        for known in (limits_._budgets, limits_._blocked_until, limits_._refusals):
            known.clear()


class Listener(logging.Handler):
    """Keeps everything that anybody logs."""

    def __init__(self, into: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._into = into

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, arguments and traceback included."""
        self._into.append(logging.Formatter().format(record))


def _files(home: Path) -> bytes:
    return b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())


@asynccontextmanager
async def opened(
    home: Path, cloud: Mapping[str, Behaviour | ScriptedProvider], door: Door | None = None
) -> AsyncIterator[Lab]:
    """A house with its keys and an ear at every logger; nothing may stay when it closes."""
    lines: list[str] = []
    listener, root = Listener(lines), logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        async with house(home, cloud, rules={"resilience.yaml": limits()}) as open_house:
            lab = Lab(open_house, lines)
            lab.give_keys()
            if door is not None:
                open_house.providers.door = door
            await open_house.runtime.warm()
            yield lab
    finally:
        root.removeHandler(listener)
        root.setLevel(level)
    assert all(server.open_connections == 0 for server in open_house.cloud.values())
    assert KEY_MARK.encode() not in _files(home), "a key is on the disk"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """A house with two providers."""
    home = tmp_path_factory.mktemp("chaos") / "home"
    async with opened(home, {"one": other, "two": other}) as made:
        yield made


@pytest.mark.parametrize("commit", COMMITS)
@pytest.mark.parametrize("who", ["first", "all"])
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
async def test_an_answer_that_goes_wrong(
    lab: Lab, trouble: Trouble, who: Who, commit: Commit, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every trouble above the connection, at one provider or all."""
    lab.home.cloud["one"].behave(always(trouble.reply))
    lab.home.cloud["two"].behave(always(trouble.reply) if who == "all" else other)
    await examine(lab, trouble, who, commit, capfd)


@dataclass(frozen=True)
class BelowHttp:
    """A trouble of the connection: it needs servers, and so a house, of its own."""

    trouble: Trouble
    server: Callable[[trustme.CA], ScriptedProvider]

    def __str__(self) -> str:
        return str(self.trouble)


def _broken(phase: str, how: How, *, again: bool) -> BelowHttp:
    trouble = Trouble(phase, how, [], "down", again=again)
    return BelowHttp(trouble, lambda _: BrokenNetwork(how))


def _tls(
    name: str, server: Callable[[trustme.CA], ScriptedProvider], *, again: bool = False
) -> BelowHttp:
    meaning: Meaning = "whole" if name == "good" else "down"
    return BelowHttp(Trouble("TLS", name, [], meaning, OTHER, again=again), server)


CONNECTIONS = [
    _broken("connect", "refused", again=True),
    _broken("connect", "black hole", again=False),
    _broken("connect", "reset", again=True),
    _broken("connect", "closed", again=True),
    _broken("request", "never reads", again=False),
    _broken("request", "half a body", again=True),
    _broken("TLS", "stalled handshake", again=False),
    _tls("good", lambda ca: tls_server(ca, other)),
    _tls("expired", lambda ca: tls_server(ca, other, expired=True)),
    _tls("wrong name", lambda ca: tls_server(ca, other, name="other.example")),
    _tls("unknown authority", lambda _: tls_server(trustme.CA(), other)),
    _tls("TLS 1.0", lambda ca: tls_server(ca, other, old=True), again=True),
]


@pytest.mark.parametrize("commit", COMMITS)
@pytest.mark.parametrize("who", ["first", "all"])
@pytest.mark.parametrize("below", CONNECTIONS, ids=str)
async def test_a_connection_that_goes_wrong(
    below: BelowHttp, who: Who, commit: Commit, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every trouble of the connection, at one provider or all; plain http is loopback's only."""
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    second = below.server(authority) if who == "all" else other
    async with opened(
        tmp_path / "home",
        {"one": below.server(authority), "two": second},
        Door(ca_file=str(ca_file), limits=EgressLimits(connect=0.5, write=0.5)),
    ) as lab:
        await examine(lab, below.trouble, who, commit, capfd)
        prompts = [one.body for server in lab.home.cloud.values() for one in server.requests]
        if below.trouble.meaning == "down" and who == "all":
            assert not prompts, "nobody whom it cannot trust was told anything"


async def examine(
    lab: Lab, trouble: Trouble, who: Who, commit: Commit, capfd: pytest.CaptureFixture[str]
) -> None:
    """One cell, private and normal, with all its invariants."""
    lab.forget()
    lab.log.clear()
    lab.home.local.requests.clear()
    tasks = asyncio.all_tasks()
    await nothing_leaves_in_private(lab.home, who)
    seen = await watch(lab.home, request(PROMPT, commit=commit))
    ends_as_it_should(seen, trouble, who, commit)
    tries_are_few_and_told(lab.home, seen, trouble)
    is_kept_as_it_was_shown(lab.home, seen)
    the_breaker_counted(lab.home, seen)
    await nothing_is_left_over(lab.home, tasks)
    written = "\n".join([*lab.log, *capfd.readouterr()])
    said = (PROMPT_MARK, KEY_MARK, PRIVATE, OTHER, LOCAL_ANSWER, *trouble.text.split()[:1])
    assert not [words for words in said if words in written]
    for name, server in {**lab.home.cloud, "here": lab.home.local}.items():
        strangers = [KEY_MARK + stranger for stranger in lab.home.cloud if stranger != name]
        got = "".join(f"{dict(one.headers)}{one.body!r}" for one in server.requests)
        assert not any(stranger in got for stranger in strangers)


async def nothing_leaves_in_private(home: House, who: Who) -> None:
    """A prompt with personal data, or in private mode, reaches no provider at all."""
    before = [(one.connections, one.bytes_received) for one in home.cloud.values()]
    asked = PRIVATE if who == "first" else request(PROMPT, privacy=PrivacyMode.PRIVATE)
    seen = await watch(home, request(asked))
    assert seen.terminals == 1
    assert seen.text == LOCAL_ANSWER
    assert seen.receipt.route is Place.LOCAL
    assert not seen.receipt.left_machine
    assert [(one.connections, one.bytes_received) for one in home.cloud.values()] == before


def ends_as_it_should(seen: Sighting, trouble: Trouble, who: Who, commit: Commit) -> None:
    """One end, in time, and the one that the trouble calls for; nothing spliced."""
    assert seen.terminals == 1
    assert seen.seconds < LONGEST
    end, meaning = seen.end, trouble.meaning
    broke_in_sight = meaning == "cut" and commit == "first_token"
    if meaning == "refused" or broke_in_sight:
        assert isinstance(end, Failed), seen.text
        assert end.error.message
        assert trouble.text.startswith(seen.text)
        assert (end.partial.text if end.partial else "") == seen.text
        tool = any(isinstance(event, ToolCallDelta) for event in seen.events)
        assert bool(seen.text or tool) == broke_in_sight
        return
    assert isinstance(end, Answered), str(end.error)
    expected = {"whole": trouble.text}.get(meaning, OTHER if who == "first" else LOCAL_ANSWER)
    assert seen.text == end.answer.text == expected
    assert end.answer.model == end.receipt.model
    usage = end.answer.usage
    assert 0 <= usage.input < 1_000_000_000
    assert 0 <= usage.output < 1_000_000_000


def tries_are_few_and_told(home: House, seen: Sighting, trouble: Trouble) -> None:
    """No model is asked more often than is right, and every request stands in the receipt."""
    told = [attempt.model for attempt in seen.receipt.attempts]
    for name, server in home.cloud.items():
        assert told.count(f"{name}/m") <= (2 if trouble.again else 1)
        if type(server).__name__ == "ScriptedProvider":
            assert len(server.requests) <= told.count(f"{name}/m")
    shown = [n for n, attempt in enumerate(seen.receipt.attempts) if attempt.outcome == "answered"]
    assert len(shown) == isinstance(seen.end, Answered)
    assert shown in ([], [len(told) - 1])


def is_kept_as_it_was_shown(home: House, seen: Sighting) -> None:
    """Receipt, ledger and history agree with what the caller saw."""
    receipt = seen.receipt
    assert home.runtime.receipts.get(receipt.id) == receipt
    rows = home.stores.database.read(
        "SELECT count(*) AS n FROM ledger WHERE receipt = ?", (receipt.id,)
    )
    assert rows[0]["n"] == len(receipt.attempts)
    turns = home.runtime.conversations.turns(receipt.conversation)
    partial = seen.end.partial if isinstance(seen.end, Failed) else None
    if isinstance(seen.end, Failed) and partial is None:
        assert not turns
        return
    assert turns[-1].messages[-1].text == seen.text
    assert turns[-1].complete == isinstance(seen.end, Answered)
    assert turns[-1].receipt == receipt.id


def the_breaker_counted(home: House, seen: Sighting) -> None:
    """Outages count against a provider, one each, and nothing else does."""
    state = home.providers.health.dump(time.monotonic(), time.time())
    for name in home.cloud:
        outages = sum(
            attempt.model == f"{name}/m" and attempt.error == "outage"
            for attempt in seen.receipt.attempts
        )
        known = state.get(name, {"breaker": {"failures": [], "opened": None}})
        breaker = known["breaker"]
        assert len(breaker["failures"]) == outages
        assert breaker["opened"] is None


async def nothing_is_left_over(home: House, tasks: set[asyncio.Task[Any]]) -> None:
    """No task runs on, and every open connection is one that waits to be used again."""
    door = home.providers.door
    for _ in range(100):
        left = asyncio.all_tasks() - tasks
        pooled = [connection for pool in door._pools.values() for connection in pool.connections]
        idle = sum(connection.is_idle() for connection in pooled)
        open_now = sum(server.open_connections for server in home.cloud.values())
        if not left and idle == len(pooled) and open_now <= idle:
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"left over: {left}, {pooled}, {open_now} connections")
