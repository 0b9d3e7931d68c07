"""Checks of blocked providers that hold nothing of any prompt, so that a block may end earlier."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgeroute.core.clock import Clock
from edgeroute.core.errors import EdgeRouteError, StoreError

if TYPE_CHECKING:
    from edgeroute.core.model_card import ModelCard
    from edgeroute.engine.deciding.shared_health import SharedHealth


@dataclass(eq=False, repr=False)
class CircuitChecks:
    """Runs the checks that are due. ``alive`` asks a provider what tests its key, and says whether
    that was answered.
    """

    shared: SharedHealth
    alive: Callable[[str], Awaitable[bool]]
    clock: Clock
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def look(self, cards: Iterable[ModelCard]) -> None:
        """Check in the background those providers of ``cards`` for which it is time.

        To be called for prompts that may leave only: whoever keeps all here asks nobody anything.
        """
        for provider in self.shared.health.checks_due(cards, self.clock.monotonic()):
            task = asyncio.create_task(self._check(provider))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _check(self, provider: str) -> None:
        try:
            answered = await self.alive(provider)
        except EdgeRouteError:
            return
        if answered:
            self.shared.health.check_answered(provider, self.clock.monotonic())
            with suppress(StoreError):
                await asyncio.to_thread(self.shared.exchange)

    async def close(self) -> None:
        """Give up what is under way."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
