"""What a caller sees of one request, with the times at which it saw it."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass

from edgeroute.core.request import ChatRequest
from tests.support.house import House, Seen


@dataclass
class Sighting(Seen):
    """One request as its caller saw it; ``began`` is monotonic, ``seconds`` is all of it."""

    began: float = 0.0
    seconds: float = 0.0


async def watch(home: House, asked: ChatRequest) -> Sighting:
    """Ask, and look at the clock."""
    seen = Sighting(began=time.monotonic())
    async with aclosing(home.runtime.engine.stream(asked)) as events:
        async for event in events:
            seen.events.append(event)
    seen.seconds = time.monotonic() - seen.began
    return seen
