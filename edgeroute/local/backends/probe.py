"""How fast a model writes here, found by letting it write."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Protocol

from edgeroute.core.events import Delta, TextDelta
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest, Sampling

_PROMPT: Final = "Tell a long story of a boat on a lake, and of everybody who sails in it."
_MOST_TOKENS: Final = 160
_MOST_SECONDS: Final = 10.0


class Writer(Protocol):
    """A model that answers, such as a backend."""

    def answer(self, request: ChatRequest, /) -> AsyncGenerator[Delta]:
        """The answer's deltas."""
        ...


async def written_per_second(
    backend: Writer,
    monotonic: Callable[[], float] = time.monotonic,
    *,
    tokens: int = _MOST_TOKENS,
) -> float:
    """The tokens that ``backend`` writes in a second, in ten seconds at most after its first and
    ``tokens`` at most; 0 where it wrote too few.

    Raises:
        LocalModelError: it does not answer.
    """
    asked = ChatRequest((user(_PROMPT),), sampling=Sampling(max_output_tokens=tokens))
    first = last = 0.0
    count = -1
    async with aclosing(backend.answer(asked)) as deltas:
        async for delta in deltas:
            if not isinstance(delta, TextDelta):
                continue
            last, count = monotonic(), count + 1
            first = first or last
            if last - first > _MOST_SECONDS:
                break
    return count / (last - first) if last > first else 0.0
