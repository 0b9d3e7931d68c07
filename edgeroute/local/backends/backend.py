"""What every local model offers, wherever it runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final, Protocol

from edgeroute.core.events import Delta
from edgeroute.core.local_models import LocalStatus
from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest

# A field of requests: the question leaves the conversation where it is in our worker's cache.
ASIDE: Final = "edgeroute_aside"


class LocalBackend(Protocol):
    """A model on this machine, or on one that the user trusts as if it were."""

    @property
    def name(self) -> str:
        """``llamacpp``, ``omlx`` or an endpoint's name in the settings."""
        ...

    @property
    def card(self) -> ModelCard:
        """What answers if nothing else is named; known without starting anything."""
        ...

    @property
    def standby(self) -> tuple[ModelCard, ...]:
        """Who answers in its place where it does not, in order; empty where there is nobody."""
        ...

    def answer(self, request: ChatRequest) -> AsyncGenerator[Delta]:
        """The answer's deltas; closing the generator stops the model.

        Raises:
            LocalModelError: while iterating: missing, broken off, out of memory, prompt too long.
        """
        ...

    def cards(self) -> tuple[ModelCard, ...]:
        """Every model that it can answer with, the one of ``card`` included."""
        ...

    async def status(self) -> LocalStatus:
        """How it is, without loading anything."""
        ...

    async def close(self) -> None:
        """Let go of it. A shared worker goes on for others, and ends by itself when idle."""
        ...
