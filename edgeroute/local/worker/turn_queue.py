"""Whose turn it is: the model computes for a few answers at a time."""

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

    ``rank`` is 0 for what a person or a verdict waits for, 1 for what is private, 2 for the rest;
    it rises with every slice that was used, so that what takes long stands behind what is short.
    Those of one ``company`` may be computed together; without one it is alone. ``deadline`` are
    the seconds after which it need not begin any more, 0 as for all.
    """

    model: str
    rank: int = 1
    company: str = ""
    deadline: float = 0.0
    number: int = 0
    begun: bool = False
    called: asyncio.Event = field(default_factory=asyncio.Event)


class TurnQueue:
    """Tickets by rank, then by age. A model is changed only when nobody has begun with it."""

    def __init__(self, most: int = MOST_WAITING, together: int = 1) -> None:
        self._most = most
        self._together = together
        self._waiting: list[Ticket] = []
        self._current: list[Ticket] = []
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
        return (len(self._waiting) + bool(self._current)) * self._seconds

    def ahead(self, ticket: Ticket) -> tuple[int, float]:
        """How many come before ``ticket``, and about how many seconds they take."""
        place = (ticket.rank, ticket.number)
        before = sum((one.rank, one.number) < place for one in self._waiting)
        before += bool(self._current)
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
            patience = 0.0 if ticket.begun else ticket.deadline
            async with asyncio.timeout(min(patience or _LONGEST_SECONDS, _LONGEST_SECONDS)):
                await ticket.called.wait()
        except BaseException as error:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            if ticket in self._current:
                self._current.remove(ticket)
            self._call()
            if isinstance(error, TimeoutError):
                raise LocalModelError(
                    "The local model was busy with other answers for too long.",
                    f"Try again in about {self.expected_seconds:.0f} seconds.",
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
        self._current.remove(ticket)
        self._call()

    def _call(self) -> None:
        """Call those whose turn it is. Nobody overtakes one that has to be alone."""
        while len(self._current) < self._together:
            models = {one.model for one in (*self._begun, *self._current)}
            able = [one for one in self._waiting if not models or one.model in models]
            first = min(able, key=lambda one: (one.rank, one.number), default=None)
            if first is None or not all(_together(first, one) for one in self._current):
                return
            self._current.append(first)
            self._waiting.remove(first)
            first.called.set()


def _together(one: Ticket, other: Ticket) -> bool:
    """Whether both may be computed at the same time."""
    return bool(one.company) and (one.model, one.company) == (other.model, other.company)
