"""Whatever fails, in whatever order: nothing personal gets a clearance that a door would take."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any, Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edgeroute.boundary.clearance import Clearance, Outgoing
from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.messages import Message, Text, ToolCall, ToolResult, assistant, system, user
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.privacy.gate import Gate
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.inspecting.verdict_cache import VerdictCache
from edgeroute.privacy.masking.masker import Masker
from edgeroute.privacy.masking.placeholders import MaskMap
from tests.support.detectors import PLANT, PlantDetector

RUNS = int(os.environ.get("EDGEROUTE_RUNS", "80"))  # 10,000 before a release
Fault = Literal["none", "crash", "slow", "memory", "rules"]
WORDS = st.sampled_from(["How are you?", "Explain hash tables.", "521-44", "-9821", "Thanks"])


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.moment = 0.0

    def now(self) -> Any:
        """Not used here."""
        raise NotImplementedError

    def monotonic(self) -> float:
        """Seconds."""
        return self.moment


class Conversation(RuleBasedStateMachine):
    """A conversation on a bad day: faults, new rules, forgotten verdicts, masks, retries."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.fault: Fault = "none"
        self.version = 1
        self.time = Time()
        self.turns: list[Message] = []
        self.latched = False
        self.mode = PrivacyMode.AUTO
        self.given: list[tuple[Clearance, Outgoing]] = []
        self.received: list[bytes] = []
        self.mapping = MaskMap()
        self.restart()

    def restart(self) -> None:
        """A new process: nothing is remembered but what is stored."""
        self.reader = Inspector(
            PlantDetector(before=self.fail),
            self.rules_in_force,
            seconds=0.05,
            memory=VerdictCache(texts=6),
        )
        self.gate = Gate(self.reader, self.time, lifetime=10.0)

    def fail(self, text: str) -> None:
        """What the detector does before it reads."""
        if self.fault == "crash":
            raise RuntimeError(text)
        if self.fault == "memory":
            raise MemoryError
        if self.fault == "slow":
            raise TimeoutError

    def rules_in_force(self) -> str:
        """Which rules are in force."""
        if self.fault == "rules":
            raise OSError
        return f"v{self.version}"

    @initialize(mode=st.sampled_from(PrivacyMode))
    def begin(self, mode: PrivacyMode) -> None:
        """Conversations begin in any mode."""
        self.mode = mode

    @rule(text=WORDS, speaker=st.sampled_from([user, assistant, system]))
    def say(self, text: str, speaker: Any) -> None:
        """A harmless turn (two of which may make a number together)."""
        self.turns.append(speaker(text))

    @rule(place=st.sampled_from(["user", "arguments", "result"]))
    def say_private(self, place: str) -> None:
        """A turn with personal data, latched as the engine does once it is seen."""
        if place == "user":
            self.turns.append(user(f"I am {PLANT}"))
        elif place == "arguments":
            call = ToolCall("c1", "t", json.dumps({"a": PLANT}))
            self.turns.append(Message("assistant", (call,)))
        else:
            result = ToolResult("c1", (Text(PLANT),), name="t")
            self.turns.append(Message("tool", (result,)))

    @rule(fault=st.sampled_from(["none", "none", "crash", "slow", "memory", "rules"]))
    def break_something(self, fault: Fault) -> None:
        """The detector or the rules begin to fail, or recover."""
        self.fault = fault

    @rule()
    def change_rules(self) -> None:
        """The user changes a list."""
        self.version += 1

    @rule()
    def start_again(self) -> None:
        """The program is restarted."""
        self.runner.run(self.reader.close())
        self.restart()

    @rule()
    def forget_turns(self) -> None:
        """The client sends a shorter history."""
        self.turns = self.turns[len(self.turns) // 2 :]

    @rule(retries=st.integers(1, 2))
    def ask(self, retries: int) -> None:
        """The engine's way: inspect, latch, mask if asked, then clear (with retries)."""
        self.runner.run(self._ask(retries))

    async def _ask(self, retries: int) -> None:
        request = ChatRequest(tuple(self.turns) or (user("Hi"),))
        verdict = await self.reader.inspect(request)
        if verdict.private and self.mode is PrivacyMode.MASK:
            try:
                masker = Masker(self.mapping, self.reader, lambda _: True)
                request = await masker.mask_request(request)
            except PrivacyRefused:
                self.latched = True
        elif verdict.private:
            self.latched = True
        for _ in range(retries):
            await self._clear(request)

    @rule()
    def ask_past_the_inspector(self) -> None:
        """A mistake in the engine: bytes are built and cleared without an inspection."""
        self.runner.run(self._clear(ChatRequest(tuple(self.turns) or (user("Hi"),))))

    async def _clear(self, request: ChatRequest) -> None:
        outgoing = Outgoing("POST", "https://api.example.com/v1", body(request), {})
        try:
            clearance = await self.gate.clear(
                outgoing, conversation="c", mode=self.mode, latched=self.latched
            )
        except PrivacyRefused:
            return
        assert not self.latched
        assert self.fault != "rules"
        self.given.append((clearance, outgoing))
        self._redeem(clearance, outgoing)

    @rule(number=st.integers(0, 5), other=st.booleans())
    def pass_the_door_again(self, number: int, *, other: bool) -> None:
        """A clearance is tried a second time, for its own request or for another one."""
        if not self.given:
            return
        clearance, outgoing = self.given[number % len(self.given)]
        if other:
            outgoing = Outgoing("POST", outgoing.url, json.dumps(PLANT).encode(), {})
        received = len(self.received)
        self._redeem(clearance, outgoing)
        assert len(self.received) == received

    def _redeem(self, clearance: Clearance, outgoing: Outgoing) -> None:
        try:
            clearance.redeem(outgoing, self.time.monotonic())
        except (PrivacyRefused, OSError):
            return
        self.received.append(outgoing.body)

    @invariant()
    def nothing_personal_was_received(self) -> None:
        """What passed the door holds no personal data, and never came from mode private."""
        assert not any(PLANT.encode() in received for received in self.received)
        if self.mode is PrivacyMode.PRIVATE:
            assert not self.received

    def teardown(self) -> None:
        """End the threads."""
        self.runner.run(self.reader.close())
        self.runner.close()


def body(request: ChatRequest) -> bytes:
    """The bytes of a request, in a plain format."""
    messages = []
    for message in request.messages:
        results = [part for part in message.parts if isinstance(part, ToolResult)]
        texts = [part.text for result in results for part in result.parts if isinstance(part, Text)]
        calls = [{"name": call.name, "arguments": call.arguments} for call in message.tool_calls]
        content = message.text + "".join(texts)
        messages.append({"role": message.role, "content": content, "tool_calls": calls})
    return json.dumps({"messages": messages}).encode()


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=RUNS, stateful_step_count=25, deadline=None)
