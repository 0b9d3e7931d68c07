"""What the tests of the providers share: a leave to send, and a client at a scripted provider."""

from __future__ import annotations

import functools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from edgeroute.boundary.clearance import Clearance, Mint, Outgoing
from edgeroute.core.events import Delta
from edgeroute.core.messages import user
from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.providers.calling.call import prepare
from edgeroute.providers.calling.client import Client
from edgeroute.providers.catalog.catalog import Catalog, CustomProvider
from edgeroute.providers.catalog.provider import Provider
from edgeroute.providers.egress import Door
from edgeroute.providers.resilience.rate_limits import RateLimits
from edgeroute.providers.resilience.resilience import Patience
from edgeroute.wire.history import full_names
from tests.support.scripted_provider import Behaviour, ScriptedProvider

KEY = Secret("sk-canary-key")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The packaged catalog."""
    return Catalog.load()


@pytest.fixture
def clear() -> Callable[[Outgoing], Clearance]:
    """A gate that lets everything out."""
    mint = Mint(lambda: "1")

    def give(outgoing: Outgoing) -> Clearance:
        return mint.mint(
            outgoing,
            conversation="c",
            policy_version="1",
            now_monotonic=time.monotonic(),
            lifetime=10,
        )

    return give


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """An open door."""
    opened = Door()
    opened.warm()
    yield opened
    await opened.close()


@pytest.fixture
def scripted() -> Iterator[ScriptedProvider]:
    """A scripted provider that hangs up until it is told what to do."""
    with ScriptedProvider() as provider:
        yield provider


@functools.cache
def _mock(wire: str, base_url: str) -> tuple[ModelCard, Provider]:
    settings = CustomProvider(wire=wire, base_url=base_url, models=("m",))
    loaded = Catalog.load(None, {"mock": settings})
    card, provider = loaded.card("mock/m"), loaded.provider("mock")
    assert card is not None
    assert provider is not None
    return card, provider


@dataclass
class Asker:
    """Asks the scripted provider through the real client."""

    server: ScriptedProvider
    door: Door
    clear: Callable[[Outgoing], Clearance]
    wire: str = "openai-chat"
    rate_limits: RateLimits | None = None
    heads: list[tuple[str, int]] = field(default_factory=list)

    @property
    def parts(self) -> tuple[ModelCard, Provider]:
        """The model `mock/m` and its provider."""
        return _mock(self.wire, self.server.base_url)

    async def ask(
        self,
        behaviour: Behaviour | None = None,
        *,
        patience: Patience | None = None,
        stream: bool = True,
        into: list[Delta] | None = None,
        **request: Any,
    ) -> list[Delta]:
        """The deltas of one answer; ``into`` keeps those that came before an error."""
        if behaviour is not None:
            self.server.behave(behaviour)
        card, provider = self.parts
        outgoing = prepare(
            ChatRequest((user("a canary prompt"),), **request), card, provider, stream=stream
        )
        deltas = [] if into is None else into
        client = Client(self.door, self.rate_limits)
        async for delta in client.stream(
            outgoing,
            self.clear(outgoing),
            card,
            provider,
            KEY,
            patience=patience or Patience(5, 5, 10),
            on_head=lambda host, sent: self.heads.append((host, sent)),
            names=full_names(request.get("tools", ())),
        ):
            deltas.append(delta)
        return deltas


@pytest.fixture
def asker(scripted: ScriptedProvider, door: Door, clear: Callable[[Outgoing], Clearance]) -> Asker:
    """A client at the scripted provider."""
    return Asker(scripted, door, clear)
