"""Random faults, policies, front doors and clients: what held personal data sends nothing.

A few dozen random stories run with the unit suite; ``EDGEROUTE_PROOF_RUNS=10000`` runs many more.
Each story talks through the chat app's, the command line's and the endpoint's way in, streamed or
whole, with named models and with fields of other gateways, under a conversation's name, by going on
from a stored response or just by resending its history, while providers fail in every way, the user
changes modes, forks, edits, retries and stops, and the program is restarted.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from edgeroute.core.events import Answered, Failed, Planned, TextDelta
from edgeroute.core.messages import Message, Text
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.wiring import Runtime
from tests.support import replies
from tests.support.front_doors import PATHS, body_of, id_of, post, text_of
from tests.support.house import House, house
from tests.support.scripted_provider import Behaviour, Close, Received, Reply, Reset

RUNS: Final = int(os.environ.get("EDGEROUTE_PROOF_RUNS", "40"))
AUTO, MASK, PRIVATE = PrivacyMode.AUTO, PrivacyMode.MASK, PrivacyMode.PRIVATE
Door = Literal["chat", "cli", "http"]
DOORS: Final[tuple[Door, ...]] = ("chat", "cli", "http")

# Nothing waits long, and no provider is left alone: it must be the latch that keeps it quiet.
QUICK: Final = json.dumps(
    {
        "breaker": {"failures": 1_000_000},
        "rate_limit": {"cooldown": 0.001, "longest_cooldown": 0.001},
        "account": {"no_credit": 0.001, "bad_key": 0.001, "unknown_model": 0.001},
        "retry": {"pause_from": 0, "pause_to": 0, "longest_wait": 0.01},
        "patience": {"first_token": 2, "first_token_silent": 2, "gap": 2, "total": 5},
    }
)
POLICIES: Final = {
    "plain": "",
    "strict": '[privacy]\nlevel = "strict"\n',
    "private by default": '[privacy]\nmode = "private"\n',
    "masking by default": '[privacy]\nmode = "mask"\n',
}
UNKNOWN: Final = "no/such"
MODELS: Final = ["auto", "one/m", "two/m", "cascade", "ensemble", "local", "gpt-5.5", UNKNOWN]
STEERING: Final[list[dict[str, Any]]] = [
    {},
    {"fallbacks": ["one/m", "two/m"]},
    {"models": ["one/m"], "route": "fallback", "provider": {"order": ["one"]}},
    {"metadata": {"privacy": "off"}, "user": "u1"},
    {"api_base": "http://127.0.0.1:9/v1", "api_key": "k", "extra_headers": {"x": "y"}},
    {"store": False, "temperature": 0.3, "stop": ["END"]},
]
OPEN: Final = [
    "Explain how a hash table works",
    "Write a haiku about the sea",
    "What is the capital of Norway",
    "Refactor this loop into a list comprehension",
]


def _plant(kind: str, number: int) -> tuple[str, str]:
    """A value of its own for each story, and a prompt around it."""
    if kind == "mail":
        value = f"anna{number}.berg@fjordmail.no"
        return value, f"Write a short note to {value} about lunch."
    if kind == "secret":
        value = f"vT8qLr2XnKd5WzPb7YhMc4JfGsRt{number:012d}"
        return value, f"Why does this fail: AWS_SECRET_ACCESS_KEY={value}"
    value = f"521-{10 + number % 89}-{1000 + number % 8999}"
    return value, f"My SSN is {value}, write to my bank to close my account."


def _said(request: Received) -> Reply:
    return replies.answer(request, f"A plain answer, number {request.number}.")


def _cut(request: Received) -> Reply:
    return replies.cut_stream(replies.chat_events(["one ", "two "])[:3])


TROUBLES: Final[dict[str, Behaviour]] = {
    "well": _said,
    "500": lambda _: replies.error(500),
    "503": lambda _: replies.error(503),
    "429": lambda _: replies.error(429, "rate_limit_exceeded", headers={"retry-after": "0"}),
    "401": lambda _: replies.error(401, "invalid_api_key"),
    "400": lambda _: replies.error(400, "context_length_exceeded"),
    "redirect": lambda _: replies.whole(b"", 307, {"location": "http://127.0.0.1:9/v1"}),
    "hangs up": lambda _: [Close()],
    "resets": lambda _: [Reset()],
    "no json": lambda _: replies.whole(b"<html>sign in</html>", content_type="text/html"),
    "empty": lambda request: replies.answer(request, ""),
    "cut": _cut,
}


@dataclass
class Talk:
    """A conversation as its client sees it.

    ``held`` says that it held personal data and still does, or has what was made of it: a named one
    always, a nameless one while the message ``held_from`` (from 0) or one after it is there.
    ``tells`` says that the client names the mode each time; ``alone`` that no other conversation
    has the same beginning, so that the history alone says whose it is. ``failed`` is a turn that
    got no answer. ``stored`` are the responses to go on from, by the messages up to each.
    """

    door: Door
    form: str
    named: bool
    mode: PrivacyMode
    name: str = ""
    history: list[tuple[str, str]] = field(default_factory=list)
    held: bool = False
    held_from: int = 1_000_000
    tells: bool = True
    alone: bool = True
    failed: str = ""
    stored: dict[int, str] = field(default_factory=dict)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The history as the engine's callers send it."""
        return tuple(Message(role, (Text(text),)) for role, text in self.history)  # type: ignore[arg-type]


@dataclass
class Bench:
    """What all stories share: houses by policy, the event loop, and what was seen in all."""

    runner: asyncio.Runner = field(repr=False)
    houses: dict[str, House] = field(repr=False)
    number: int = 0
    requests: int = 0
    kept: int = 0
    left: int = 0
    masked: int = 0
    redacted: int = 0
    continued: int = 0


class Story(RuleBasedStateMachine):
    """One random story."""

    bench: Bench

    def __init__(self) -> None:
        super().__init__()
        self.talks: list[Talk] = []
        self.values: list[str] = []
        self.house: House | None = None
        self.runtime: Runtime | None = None

    @initialize(
        policy=st.sampled_from(sorted(POLICIES)),
        door=st.sampled_from(DOORS),
        form=st.sampled_from(sorted(PATHS)),
        named=st.booleans(),
        mode=st.sampled_from([AUTO, AUTO, MASK, PRIVATE]),
    )
    def opens(self, policy: str, door: Door, form: str, named: bool, mode: PrivacyMode) -> None:  # noqa: FBT001
        """The program starts under some policy, and somebody begins to talk."""
        self.house = self.bench.houses[policy]
        self.runtime = self.house.reopened()
        for server in self.house.cloud.values():
            server.behave(_said)
        self._asks_openly()
        self._mark()
        self.begins(door, form, named, mode)

    def _asks_openly(self) -> None:
        """Somebody with nothing to hide asks once, and it leaves wherever it may: a program that
        keeps everything here would pass all the rest.
        """
        assert self.house is not None
        self._mark()
        talk = Talk("cli", "chat", named=False, mode=self._stricter(AUTO))
        talk.history.append(("user", OPEN[0]))
        self.bench.runner.run(self._by_engine(talk, "auto", None, 0))
        self._judge(talk)
        assert talk.mode is PRIVATE or self.house.bytes_out > self.before

    def teardown(self) -> None:
        """The program ends."""
        if self.runtime is not None:
            self.bench.runner.run(self.runtime.close())

    @rule(
        door=st.sampled_from(DOORS),
        form=st.sampled_from(sorted(PATHS)),
        named=st.booleans(),
        mode=st.sampled_from([AUTO, AUTO, MASK, PRIVATE]),
    )
    def begins(self, door: Door, form: str, named: bool, mode: PrivacyMode) -> None:  # noqa: FBT001
        """A client begins a conversation."""
        self.bench.number += 1
        talk = Talk(door, form, named or form == "legacy", self._stricter(mode))
        if door == "chat":
            assert self.runtime is not None
            talk.named, talk.mode = True, mode
            talk.name = self.runtime.conversations.create(mode).id
        elif talk.named:
            talk.name = f"story-{self.bench.number}"
        self.talks.append(talk)

    @rule(
        which=st.integers(0, 9),
        kind=st.sampled_from(["open", "open", "again", "mail", "ssn", "secret"]),
        model=st.sampled_from(MODELS),
        stream=st.booleans(),
        commit=st.sampled_from([None, "complete", "first_token"]),
        steering=st.sampled_from(STEERING),
        one=st.sampled_from(sorted(TROUBLES)),
        two=st.sampled_from(sorted(TROUBLES)),
        stop_after=st.sampled_from([0, 0, 0, 1, 2, 3]),
        goes_on=st.booleans(),
    )
    def says(  # noqa: PLR0917
        self,
        which: int,
        kind: str,
        model: str,
        stream: bool,  # noqa: FBT001
        commit: Any,
        steering: dict[str, Any],
        one: str,
        two: str,
        stop_after: int,
        goes_on: bool,  # noqa: FBT001
    ) -> None:
        """A client sends one turn with everything before it, or with what it goes on from, and the
        providers do as they like.
        """
        talk = self.talks[which % len(self.talks)]
        self.bench.number += 1
        text = f"{OPEN[which % len(OPEN)]} (version {self.bench.number})?"
        if kind == "again":
            text = talk.failed or text
        elif kind != "open":
            value, text = _plant(kind, self.bench.number)
            self.values.append(value)
        assert self.house is not None
        for server, trouble in zip(self.house.cloud.values(), (one, two), strict=True):
            server.behave(TROUBLES[trouble])
        self._mark()
        talk.history.append(("user", text))
        # A request for a model that there is not is refused unread, and leaves no trace.
        read = model != UNKNOWN
        if read and (kind == "secret" or (talk.mode is not MASK and self._holds(talk))):
            talk.held = True
            talk.held_from = min(talk.held_from, self._first_held(talk, kind))
        shown = self.bench.runner.run(
            self._by_http(talk, {"model": model, "stream": stream} | steering, goes_on=goes_on)
            if talk.door == "http"
            else self._by_engine(talk, model, commit, stop_after)
        )
        if shown:
            talk.history.append(("assistant", shown))
            talk.tells &= talk.door == "chat"
        else:
            talk.failed = talk.history.pop()[1]
        self._judge(talk)
        # Without a name, a request that leaves before the private message is judged anew.
        talk.held &= talk.named or talk.held_from < len(talk.history)
        if talk.held_from >= len(talk.history):
            talk.held_from = 1_000_000

    @precondition(lambda self: any(talk.history for talk in self.talks))
    @rule(which=st.integers(0, 9), keep=st.integers(1, 3), door=st.sampled_from(["cli", "http"]))
    def edits(self, which: int, keep: int, door: Door) -> None:
        """A client cuts a history and goes on from there, under no name or under a new one. With
        the private message it stays held; before it, it is judged anew.
        """
        old = [talk for talk in self.talks if talk.history][which % sum(map(_begun, self.talks))]
        cut = old.history[: 2 * keep]
        stored = {length: name for length, name in old.stored.items() if length <= len(cut)}
        self.bench.number += 1
        self.talks.append(
            replace(
                old,
                door=door,
                form="responses" if stored else "chat",
                named=bool(which % 2),
                # Where the user set a chat's mode, programs still begin with the default one.
                mode=self._stricter(old.mode),
                name=f"story-{self.bench.number}" if which % 2 else "",
                history=list(cut),
                held=old.held_from < len(cut) and old.alone,
                tells=not old.alone,
                alone=False,
                failed="",
                stored=stored,
            )
        )
        old.alone = False

    @precondition(lambda self: any(map(_redactable, self.talks)))
    @rule(which=st.integers(0, 9), door=st.sampled_from(["cli", "http"]))
    def redacts(self, which: int, door: Door) -> None:
        """A client takes the private message out and keeps the answer that was made of it."""
        old = [talk for talk in self.talks if _redactable(talk)][which % 7 % self._redactables]
        history = list(old.history)
        history[old.held_from] = ("user", "Something else was asked here.")
        self.bench.redacted += 1
        self.talks.append(
            replace(
                old,
                door=door,
                form="chat",
                named=False,
                mode=self._stricter(old.mode),
                name="",
                history=history,
                held=True,
                held_from=old.held_from + 1,
                alone=False,
                failed="",
                stored={},
            )
        )
        old.alone = False

    @property
    def _redactables(self) -> int:
        return sum(map(_redactable, self.talks))

    @precondition(lambda self: any(talk.name for talk in self.talks))
    @rule(which=st.integers(0, 9))
    def forks(self, which: int) -> None:
        """The user forks a conversation in the chat app."""
        assert self.runtime is not None
        known = [
            talk
            for talk in self.talks
            if talk.name and self.runtime.conversations.get(talk.name) is not None
        ]
        if known:
            old = known[which % len(known)]
            old.alone = False
            fork = self.runtime.conversations.fork(old.name)
            self.talks.append(
                replace(
                    old,
                    door="chat",
                    name=fork.id,
                    history=list(old.history),
                    tells=True,
                    stored={},
                )
            )

    @precondition(lambda self: any(talk.door == "chat" for talk in self.talks))
    @rule(which=st.integers(0, 9), mode=st.sampled_from([AUTO, MASK, PRIVATE]))
    def changes_mode(self, which: int, mode: PrivacyMode) -> None:
        """The user changes a chat's mode; what it held stays here all the same."""
        assert self.runtime is not None
        chats = [talk for talk in self.talks if talk.door == "chat"]
        talk = chats[which % len(chats)]
        talk.mode, talk.alone = mode, False
        self.runtime.conversations.set_mode(talk.name, mode)

    @rule()
    def restarts(self) -> None:
        """The program ends and starts again."""
        assert self.house is not None
        assert self.runtime is not None
        self.bench.runner.run(self.runtime.close())
        self.runtime = self.house.reopened()

    @invariant()
    def no_original_value_ever_left(self) -> None:
        """No provider ever received one of this story's values, in any mode."""
        if self.house is None:
            return
        for server in self.house.cloud.values():
            for request in server.requests:
                body = request.body.decode("utf-8", "replace")
                assert not [value for value in self.values if value in body]

    async def _by_engine(self, talk: Talk, model: str, commit: Any, stop_after: int) -> str:
        assert self.runtime is not None
        asked = ChatRequest(
            talk.messages,
            model=model,
            conversation=talk.name,
            privacy=talk.mode if talk.tells else None,
            commit=commit,
            front_door=talk.door,
        )
        shown, terminals, count = "", 0, 0
        async with aclosing(self.runtime.engine.stream(asked)) as events:
            async for event in events:
                count += 1
                if isinstance(event, Planned) and talk.named:
                    talk.name = event.conversation
                elif isinstance(event, TextDelta):
                    shown += event.text
                elif isinstance(event, Answered):
                    shown, terminals = event.answer.text, terminals + 1
                elif isinstance(event, Failed):
                    shown, terminals = "", terminals + 1
                if count == stop_after:
                    return ""
        assert terminals == 1
        return shown

    async def _by_http(self, talk: Talk, fields: dict[str, Any], *, goes_on: bool) -> str:
        assert self.runtime is not None
        headers = {"x-edgeroute-privacy": str(talk.mode)} if talk.tells else {}
        if talk.named:
            headers["x-edgeroute-conversation"] = talk.name
        said = talk.history
        previous = talk.stored.get(len(said) - 1, "")
        if goes_on and previous and talk.form == "responses":
            said, fields = said[-1:], fields | {"previous_response_id": previous}
        body = body_of(talk.form, said, **fields)
        response = await post(self.runtime, PATHS[talk.form], body, headers)
        shown = text_of(talk.form, response)
        if shown and talk.form == "responses":
            talk.stored[len(talk.history) + 1] = id_of(response)
            self.bench.continued += "previous_response_id" in body
        return shown

    def _judge(self, talk: Talk) -> None:
        """Count what the providers got; nothing if the conversation must stay here."""
        assert self.house is not None
        got = self.house.bytes_out - self.before
        self.bench.requests += 1
        self.bench.left += bool(got)
        if talk.held or talk.mode is PRIVATE:
            self.bench.kept += 1
            assert got == 0, f"{got} bytes left: {talk}"
        elif talk.mode is MASK and got and self._holds(talk):
            self.bench.masked += 1

    def _holds(self, talk: Talk) -> bool:
        said = " ".join(text for _, text in talk.history)
        return any(value in said for value in self.values)

    def _first_held(self, talk: Talk, kind: str) -> int:
        """The first message that holds a value; with masks, the last, which is a secret's."""
        if kind == "secret" and talk.mode is MASK:
            return len(talk.history) - 1
        return next(
            number
            for number, (_, text) in enumerate(talk.history)
            if any(value in text for value in self.values)
        )

    def _stricter(self, mode: PrivacyMode) -> PrivacyMode:
        assert self.house is not None
        default = self.house.settings.privacy.mode
        return max(mode, default, key=lambda each: each.strictness)

    def _mark(self) -> None:
        assert self.house is not None
        self.before = self.house.bytes_out


def _redactable(talk: Talk) -> bool:
    """Whether an answer follows the private message, which is not the first one."""
    return talk.alone and talk.held and 2 <= talk.held_from < len(talk.history) - 1


def _begun(talk: Talk) -> bool:
    return bool(talk.history)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A house for each policy."""
    home: Path = tmp_path_factory.mktemp("houses")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def build() -> dict[str, House]:
            cloud: dict[str, Behaviour] = {"one": _said, "two": _said}
            return {
                name: await stack.enter_async_context(
                    house(
                        home / name.replace(" ", "-"),
                        cloud,
                        settings=more,
                        rules={"resilience.yaml": QUICK},
                    )
                )
                for name, more in POLICIES.items()
            }

        yield Bench(runner, runner.run(build()))
        runner.run(stack.aclose())


@pytest.mark.timeout(max(120, RUNS * 5))
def test_what_held_personal_data_sends_nothing(bench: Bench) -> None:
    """In every story, a conversation that held personal data or is in private mode costs the
    providers zero bytes, and masked values never leave; other conversations do leave.
    """
    Story.bench = bench
    chosen = settings(
        max_examples=RUNS,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Story, settings=chosen)
    print(bench)  # noqa: T201 - how much was tried, for long runs
    assert min(bench.kept, bench.left) > RUNS / 50
    assert (bench.masked and bench.redacted and bench.continued) or RUNS < 200
