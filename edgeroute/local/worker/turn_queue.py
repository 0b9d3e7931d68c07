"""Whose turn it is: the model computes for one answer at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from edgeroute.core.errors import LocalModelError

MOST_WAITING: Final = 32
# A person sees how an answer grows; whoever waits longer than this has given up.
_LONGEST_SECONDS: Final = 900.0
_USUAL_SECONDS: Final = 10.0
_WEIGHT: Final = 0.3


@dataclass(slots=True, eq=False)
class Ticket:
    """One answer that wants to be computed by ``model``.

    ``rank`` is 0 for what a person or a verdict waits for; it rises with every slice that was used,
    so that what takes long stands behind what is short.
    """

    model: str
    rank: int = 1
    number: int = 0
    begun: bool = False
    called: asyncio.Event = field(default_factory=asyncio.Event)


class TurnQueue:
    """Tickets by rank, then by age. A model is changed only when nobody has begun with it."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._waiting: list[Ticket] = []
        self._current: Ticket | None = None
        self._begun: list[Ticket] = []
        self._number = 0
        self._seconds = _USUAL_SECONDS

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    @property
    def expected_seconds(self) -> float:
        """How long one that came now would wait, going by the latest answers."""
        return (len(self._waiting) + (self._current is not None)) * self._seconds

    def ahead(self, ticket: Ticket) -> tuple[int, float]:
        """How many come before ``ticket``, and about how many seconds they take."""
        place = (ticket.rank, ticket.number)
        before = sum((one.rank, one.number) < place for one in self._waiting)
        before += self._current is not None
        return before, before * self._seconds

    async def take(self, ticket: Ticket) -> None:
        """Wait until it is the turn of ``ticket``.

        Raises:
            LocalModelError: too many wait, or the wait was too long.
        """
        if len(self._waiting) >= self._most and not ticket.begun:
            raise LocalModelError(
                f"{self._most} requests wait for the local model already.",
                f"Try again in about {self.expected_seconds:.0f} seconds.",
            )
        self._number += 1
        ticket.number = self._number
        ticket.called.clear()
        self._waiting.append(ticket)
        self._call()
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                await ticket.called.wait()
        except BaseException as error:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            if self._current is ticket:
                self._current = None
                self._call()
            if isinstance(error, TimeoutError):
                raise LocalModelError(
                    "The local model was busy with other answers for too long.",
                    "Try again later.",
                ) from error
            raise

    def give_way(self, ticket: Ticket) -> bool:
        """Whether ``ticket`` has used its slice while others wait whom it keeps from nothing else
        but the processor: they want the same model.
        """
        return bool(self._waiting) and all(one.model == ticket.model for one in self._waiting)

    def used(self, ticket: Ticket, *, over: bool, seconds: float = 0.0) -> None:
        """The turn of ``ticket`` is over; with ``over`` its answer is, after so many seconds."""
        if over:
            if ticket in self._begun:
                self._begun.remove(ticket)
            self._seconds += (seconds - self._seconds) * _WEIGHT
        elif ticket not in self._begun:
            self._begun.append(ticket)
            ticket.begun = True
        ticket.rank += 1
        self._current = None
        self._call()

    def _call(self) -> None:
        if self._current is not None:
            return
        models = {one.model for one in self._begun}
        able = [one for one in self._waiting if not models or one.model in models]
        if able:
            self._current = min(able, key=lambda one: (one.rank, one.number))
            self._waiting.remove(self._current)
            self._current.called.set()
