"""A whole runtime over loopback: scripted managed APIs, and a scripted server as the local model.

Everything between is the real thing: detector, gate, door, wire formats, failover, store. The name
model is switched off, so that tests run without model files; patterns still find personal data.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeroute import config
from edgeroute.core.events import Answered, Event, Failed, TextDelta
from edgeroute.core.messages import Message, user
from edgeroute.core.request import ChatRequest
from edgeroute.routing.policy.in_force import RulesInForce
from edgeroute.settings import Settings
from edgeroute.wiring import Runtime
from edgeroute.wiring.privacy import PrivacyParts
from edgeroute.wiring.providers import ProviderParts
from edgeroute.wiring.stores import StoreParts
from tests.support import replies
from tests.support.scripted_provider import (
    Behaviour,
    Received,
    Reply,
    ScriptedProvider,
    always,
)

if TYPE_CHECKING:
    from edgeroute.core.clock import Clock
    from edgeroute.core.receipt import Receipt

LOCAL_ANSWER = "The local model says so."
PRIVATE = "My SSN is 521-44-9821, write a letter to my bank to close my account."
OPEN = "Explain how a hash table works."


@dataclass
class Seen:
    """What came of one request."""

    events: list[Event] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What was shown."""
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def end(self) -> Answered | Failed:
        """The terminal event."""
        last = self.events[-1]
        assert isinstance(last, Answered | Failed)
        return last

    @property
    def receipt(self) -> Receipt:
        """The receipt."""
        return self.end.receipt

    @property
    def terminals(self) -> int:
        """How many terminal events there were."""
        return sum(isinstance(event, Answered | Failed) for event in self.events)


@dataclass
class House:
    """A runtime and the servers around it. ``cloud`` is by provider id."""

    home: Path
    settings: Settings
    cloud: Mapping[str, ScriptedProvider]
    local: ScriptedProvider
    runtime: Runtime

    async def ask(self, what: str | ChatRequest | Sequence[Message], **fields: Any) -> Seen:
        """Everything that happens while ``what`` is answered."""
        seen = Seen()
        async for event in self.runtime.engine.stream(request(what, **fields)):
            seen.events.append(event)
        return seen

    @property
    def bytes_out(self) -> int:
        """How many bytes all managed APIs received."""
        return sum(provider.bytes_received for provider in self.cloud.values())

    @property
    def stores(self) -> StoreParts:
        """What is kept, as the engine sees it."""
        return self.runtime._stores

    @property
    def privacy(self) -> PrivacyParts:
        """What keeps personal data here."""
        return self.runtime._privacy

    @property
    def providers(self) -> ProviderParts:
        """What reaches the managed APIs."""
        return self.runtime._providers

    @property
    def rules(self) -> RulesInForce:
        """The routing policy and the tiers that are in force."""
        return self.runtime._engine.rules

    async def learned(self) -> None:
        """Wait until what was answered so far has been learned from."""
        await self.runtime._engine.aftermath.drain()

    def reopened(self) -> Runtime:
        """A second runtime over the same folders, as after a restart."""
        return Runtime(self.runtime.paths, self.settings)


def request(what: str | ChatRequest | Sequence[Message], **fields: Any) -> ChatRequest:
    """A request for a text, a history, or another request with some fields changed."""
    if isinstance(what, ChatRequest):
        return replace(what, **fields)
    messages = (user(what),) if isinstance(what, str) else tuple(what)
    return ChatRequest(messages, **fields)


def paths(home: Path) -> config.Paths:
    """The folders of an installation at ``home``."""
    return config.Paths(
        home / "config", home / "data", home / "models", home / "state", home / "run"
    )


@asynccontextmanager
async def house(
    home: Path,
    cloud: Mapping[str, Behaviour | ScriptedProvider] | None = None,
    *,
    local: Behaviour | None = None,
    behind: Sequence[str] = (),
    settings: str = "",
    rules: Mapping[str, str] | None = None,
    windows: Mapping[str, int] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[House]:
    """An open house; ``cloud`` maps provider ids to what they do, in the order of the policy.

    ``behind`` names endpoints that answer where the local server does not; ``settings`` is more
    TOML, ``rules`` are files of the user's own rules folder. ``windows`` are the context windows of
    providers in tokens. A server that is not started yet may stand in the place of a behaviour.
    """
    behaviours = {"mock": always(replies.chat("A table of buckets."))} if cloud is None else cloud
    with ExitStack() as servers:
        started = {
            name: servers.enter_context(
                one if isinstance(one, ScriptedProvider) else ScriptedProvider(one)
            )
            for name, one in behaviours.items()
        }
        here = servers.enter_context(ScriptedProvider(local or _local))
        tables = "".join(
            f'[providers.{name}]\nbase_url = "{server.base_url}"\nmodels = ["m"]\n'
            f"context_tokens = {(windows or {}).get(name, 128_000)}\n"
            for name, server in started.items()
        )
        text = (
            f'[router]\npolicy = "test"\n{tables}[local]\nbackend = "here"\n'
            f"fallbacks = {list(behind)}\n"
            f'[local.endpoints.here]\nbase_url = "{here.base_url}"\nmodel = "m"\n{settings}'
        )
        folders = paths(home)
        own = {"test.yaml": _policy(list(started)), "privacy.yaml": "names: 'off'\n"}
        (folders.config / "rules").mkdir(parents=True, mode=0o700)
        for name, content in {**own, **(rules or {})}.items():
            (folders.config / "rules" / name).write_text(content)
        folders.settings.write_text(text)
        parsed = config.parse(text)
        runtime = Runtime(folders, parsed, clock)
        try:
            yield House(home, parsed, started, here, runtime)
        finally:
            await runtime.close()


def _local(asked: Received) -> Reply:
    """A local server that is ready."""
    if asked.method == "GET":
        return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
    return replies.answer(asked, LOCAL_ANSWER)


def _policy(providers: list[str]) -> str:
    """A policy that tries the providers in order."""
    if not providers:
        return "routing:\n  rules:\n    - default: local\n"
    fallbacks = ", ".join(f"{name}/m" for name in providers[1:])
    return (
        "routing:\n  rules:\n    - id: all\n      condition: input_tokens >= 0\n"
        f"      model: {providers[0]}/m\n      fallbacks: [{fallbacks}]\n"
        f"      why: A test.\n    - default: {providers[0]}/m\n"
    )
