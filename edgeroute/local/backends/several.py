"""Several backends behind one name: who is asked first, and who answers where that one does not."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta
from edgeroute.core.local_models import LocalStatus
from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest
from edgeroute.local.backends.backend import LocalBackend

# Who has just failed is asked after the others for so long.
_REST_SECONDS: Final = 20.0
# No other engine would answer better to these.
_OF_THE_REQUEST: Final = frozenset({ErrorKind.BAD_REQUEST, ErrorKind.CONTEXT})
_ABSENT: Final = frozenset({"missing", "unreachable"})
# How much the latest answer says of how long one takes.
_WEIGHT: Final = 0.3


@dataclass(slots=True)
class _Member:
    """One backend, until when it rests, and how busy it is. ``seconds`` are of a usual answer."""

    backend: LocalBackend
    rests_until: float = 0.0
    asked_now: int = 0
    seconds: float = 0.0

    @property
    def wait(self) -> float:
        """How long one more would wait, as far as is known."""
        return self.asked_now * max(self.seconds, 1.0)


class Several:
    """``members`` in the order in which they are asked; ``name`` is the first one's.

    With ``least_wait`` those that serve one model share the work: whoever is least busy is asked.
    A request that names a model goes to those that serve it, any other to whoever can answer.
    """

    def __init__(
        self,
        members: Sequence[LocalBackend],
        *,
        least_wait: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.members = tuple(members)
        self.name = self.members[0].name
        self._least_wait = least_wait
        self._monotonic = monotonic
        self._known = tuple(_Member(backend) for backend in self.members)

    @property
    def card(self) -> ModelCard:
        """The model of whoever would be asked now."""
        return self._in_order()[0].backend.card

    @property
    def standby(self) -> tuple[ModelCard, ...]:
        """The model of each of the others, in order."""
        first, *others = self._in_order()
        cards = {member.backend.card.id: member.backend.card for member in others}
        cards.pop(first.backend.card.id, None)
        return tuple(cards.values())

    def cards(self) -> tuple[ModelCard, ...]:
        """Every model that any of them can answer with."""
        found: dict[str, ModelCard] = {}
        for backend in self.members:
            for card in backend.cards():
                found.setdefault(card.id, card)
        return tuple(found.values())

    async def answer(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer's deltas, of the first that begins one; closing the iterator stops it.

        Raises:
            LocalModelError: nobody answered, or whoever began broke off.
        """
        order = self._asked(request.model)
        for place, member in enumerate(order, 1):
            began, started = False, self._monotonic()
            member.asked_now += 1
            try:
                async with aclosing(member.backend.answer(request)) as found:
                    async for delta in found:
                        began = True
                        yield delta
            except LocalModelError as error:
                if error.kind not in _OF_THE_REQUEST:
                    member.rests_until = self._monotonic() + _REST_SECONDS
                if began or place == len(order) or error.kind in _OF_THE_REQUEST:
                    raise
            else:
                member.rests_until = 0.0
                took = self._monotonic() - started
                member.seconds += (took - member.seconds) * (_WEIGHT if member.seconds else 1.0)
                return
            finally:
                member.asked_now -= 1

    async def status(self) -> LocalStatus:
        """How whoever would answer is; the warning names those that could not."""
        found = [await member.backend.status() for member in self._in_order()]
        first = next((one for one in found if one.state not in _ABSENT), found[0])
        absent = [f"{one.backend} is {one.state}: {one.detail}" for one in found
                  if one is not first and one.state in _ABSENT]  # fmt: skip
        said = [one.warning for one in found if one.warning]
        return replace(first, warning=" ".join([*absent, *said]))

    async def close(self) -> None:
        """Let go of all of them."""
        for backend in self.members:
            await backend.close()

    def _asked(self, model: str) -> list[_Member]:
        """Who can answer a request for ``model``, in order."""
        order = self._in_order()
        serving = [one for one in order if any(card.id == model for card in one.backend.cards())]
        return serving or order

    def _in_order(self) -> list[_Member]:
        """Those that have a model, the rested ones first; all where none has one."""
        now = self._monotonic()
        able = [member for member in self._known if member.backend.cards()] or [*self._known]
        first = able[0].backend.card.id

        def rank(member: _Member) -> tuple[bool, bool, float]:
            same = member.backend.card.id == first
            return member.rests_until > now, not same, member.wait

        if self._least_wait:
            return sorted(able, key=rank)
        return sorted(able, key=lambda member: member.rests_until > now)
