"""What the engine decides for a request in a house."""

from __future__ import annotations

from typing import Any

from edgeroute.core.request import ChatRequest
from edgeroute.engine.deciding.decider import Decider
from edgeroute.engine.deciding.decision import Decision
from tests.support.house import House, request


def decider(home: House) -> Decider:
    """The engine's own."""
    found = home.runtime.engine._decider
    assert isinstance(found, Decider)
    return found


async def decided(home: House, what: Any, **options: Any) -> Decision:
    """What is decided for a request."""
    asked = what if isinstance(what, ChatRequest) else request(what)
    return await decider(home).decide(asked, **options)
