"""The local model while it is still being prepared: a person's prompt waits, a program is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from edgeroute.core.errors import LocalModelError
from edgeroute.core.events import Delta
from edgeroute.core.local_models import LocalStatus
from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest
from edgeroute.local.backends.backend import LocalBackend
from edgeroute.local.preparing.preparing import Preparing

_LOOK_SECONDS: Final = 0.5
_TRY_AGAIN: Final = "Try again in some minutes; `edgeroute models status` says how far it is."
BEGIN: Final = "`edgeroute models prepare` makes it ready, `edgeroute doctor` says what is missing."


class WaitingBackend:
    """``backend``, once this machine is able to run it."""

    def __init__(self, backend: LocalBackend, preparing: Preparing) -> None:
        self._backend = backend
        self.preparing = preparing
        self.name = backend.name

    @property
    def card(self) -> ModelCard:
        """What answers if nothing else is named; what is being fetched, until that is here."""
        coming = self.preparing.coming() if self.preparing.missing() else None
        return coming or self._backend.card

    @property
    def standby(self) -> tuple[ModelCard, ...]:
        """Who answers in its place."""
        return self._backend.standby

    def cards(self) -> tuple[ModelCard, ...]:
        """Every model that it can answer with."""
        return self._backend.cards()

    async def answer(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer's deltas, after the wait; closing the iterator stops waiting too.

        Raises:
            LocalModelError: nobody is preparing the model, a program asks, or as the backend says.
        """
        while absent := self.preparing.absent:
            now = self.preparing.now()
            if now.state != "running":
                raise LocalModelError(absent, now.hint or BEGIN)
            if request.front_door == "http":
                # A program that waits for minutes takes the silence for a fault.
                raise LocalModelError(absent, _TRY_AGAIN)
            await asyncio.sleep(_LOOK_SECONDS)
        async with aclosing(self._backend.answer(request)) as deltas:
            async for delta in deltas:
                yield delta

    async def status(self) -> LocalStatus:
        """How it is, without loading anything."""
        absent, now = self.preparing.absent, self.preparing.now()
        if not absent:
            return await self._backend.status()
        if now.state == "running":
            return LocalStatus("preparing", "", now.sentence, self.name)
        detail = f"{absent} {now.hint or BEGIN}"
        failure = now.error if now.state == "failed" else ""
        return LocalStatus("missing", "", detail, self.name, warning=failure)

    async def close(self) -> None:
        """Let go of it."""
        await self._backend.close()
