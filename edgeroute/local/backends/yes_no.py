"""One word from the local model, yes or no, with how likely it was."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from edgeroute.core.errors import LocalModelError
from edgeroute.core.events import LogprobsDelta
from edgeroute.core.messages import Message, Text
from edgeroute.core.request import ChatRequest, Sampling
from edgeroute.local.backends.answers import FORMAT
from edgeroute.local.backends.backend import ASIDE, LocalBackend

_SAMPLING: Final = Sampling(temperature=0, max_output_tokens=1, logprobs=True, top_logprobs=20)


class YesNo:
    """Asks the backend that ``find`` gives. To be called from a thread without an event loop.

    The question is the system prompt, so that the worker finds it in its cache when it is asked
    again.
    """

    def __init__(self, find: Callable[[], LocalBackend]) -> None:
        self._find = find

    @property
    def model(self) -> str:
        """The id of the model that would be asked now."""
        return self._find().card.id

    def chance_of_yes(self, question: str, text: str, seconds: float) -> float:
        """How likely the first word of the answer is yes and not no, 0..1.

        Raises:
            TimeoutError: no answer within ``seconds``.
            LocalModelError: no answer at all, or neither word is likely.
        """
        request = ChatRequest(
            messages=(
                Message("system", (Text(question),)),
                Message("user", (Text(f"Text:\n{text}\n\nIs it private? Answer yes or no."),)),
            ),
            # By its name, so that nobody answers whose chances were never measured.
            model=self.model,
            sampling=_SAMPLING,
            wire=FORMAT.name,
            extra={ASIDE: True},
            store=False,
        )
        return asyncio.run(asyncio.wait_for(self._chance(request), seconds))

    async def _chance(self, request: ChatRequest) -> float:
        async with aclosing(self._find().answer(request)) as deltas:
            async for delta in deltas:
                if isinstance(delta, LogprobsDelta) and delta.tops:
                    return share_of_yes(delta.tops[0])
        raise LocalModelError(
            "The local model does not say how likely its words are.",
            "A second opinion needs a server that answers `top_logprobs`.",
        )


def share_of_yes(likeliest: tuple[tuple[str, float], ...]) -> float:
    """The answer held to yes and no: the share of yes in what the two have together.

    Raises:
        LocalModelError: neither is among the likeliest tokens.
    """
    shares = {"yes": 0.0, "no": 0.0}
    for token, logarithm in likeliest:
        word = token.strip(" \t\n\"'.*\u2581\u0120").lower()
        if word in shares:
            shares[word] += math.exp(min(logarithm, 0.0))
    together = sum(shares.values())
    if not together:
        raise LocalModelError("The local model answers neither yes nor no.", "Use another model.")
    return shares["yes"] / together
