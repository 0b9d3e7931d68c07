"""Several local backends behind one name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta, Finish, TextDelta
from edgeroute.core.local_models import LocalStatus
from edgeroute.core.messages import user
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.request import ChatRequest
from edgeroute.local.backends.several import Several


class Box:
    """A backend that says its name, or fails with ``error`` before or ``after`` its first word."""

    standby: tuple[ModelCard, ...] = ()

    def __init__(self, name: str, model: str = "", *, there: bool = True) -> None:
        self.name = name
        self.card = ModelCard(f"local/{model or name}", "local", model, place=Place.LOCAL)
        self.there = there
        self.error: LocalModelError | None = None
        self.after = False
        self.gate: asyncio.Event | None = None
        self.asked = 0

    def cards(self) -> tuple[ModelCard, ...]:
        """Its one model, if it has one."""
        return (self.card,) if self.there else ()

    async def answer(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Its name."""
        self.asked += 1
        if self.error and not self.after:
            raise self.error
        yield TextDelta(self.name)
        if self.gate:
            await self.gate.wait()
        if self.error:
            raise self.error
        yield Finish("stop")

    async def status(self) -> LocalStatus:
        """As it is."""
        state = "unreachable" if self.error else "ready"
        return LocalStatus(state, self.name, "It is so.", self.name)  # type: ignore[arg-type]

    async def close(self) -> None:
        """Nothing."""


class Clock:
    """Stands still unless it is told otherwise."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


async def said(several: Several, model: str = "local") -> str:
    """The words of one answer."""
    deltas = [one async for one in several.answer(ChatRequest((user("Hi"),), model=model))]
    return "".join(one.text for one in deltas if isinstance(one, TextDelta))


async def test_the_next_one_answers_for_one_that_is_dead() -> None:
    """In order, and the dead one is asked after the others until it has rested."""
    first, second, clock = Box("first"), Box("second"), Clock()
    several = Several([first, second], monotonic=clock)
    assert (several.name, several.card.id) == ("first", "local/first")
    assert [card.id for card in several.standby] == ["local/second"]
    first.error = LocalModelError("It is dead.")
    assert await said(several) == "second"
    assert (several.name, several.card.id) == ("first", "local/second")
    assert [card.id for card in several.standby] == ["local/first"]
    assert await said(several) == "second"
    assert first.asked == 1
    clock.now, first.error = 60, None
    assert await said(several) == "first"


async def test_a_model_that_is_named_is_asked_alone() -> None:
    """Who else could answer is then for the plan to say, so that the receipt names who did."""
    first, second = Box("first"), Box("second")
    first.error = LocalModelError("It is dead.")
    several = Several([first, second])
    with pytest.raises(LocalModelError, match="dead"):
        await said(several, "local/first")
    assert await said(several, "local/second") == "second"


@pytest.mark.parametrize("kind", [ErrorKind.BAD_REQUEST, ErrorKind.CONTEXT])
async def test_a_request_that_is_wrong_is_wrong_everywhere(kind: ErrorKind) -> None:
    """The caller learns of it, and nobody counts as dead."""
    first, second = Box("first"), Box("second")
    first.error = LocalModelError("No.", kind=kind)
    several = Several([first, second])
    with pytest.raises(LocalModelError):
        await said(several)
    assert several.card.id == "local/first"


async def test_two_answers_are_never_spliced() -> None:
    """Whoever has begun and breaks off is an error."""
    first, second = Box("first"), Box("second")
    first.error, first.after = LocalModelError("It broke off."), True
    with pytest.raises(LocalModelError, match="broke off"):
        await said(Several([first, second]))
    assert second.asked == 0


async def test_who_has_no_model_does_not_count() -> None:
    """A worker without a file is neither asked nor in line."""
    several = Several([Box("first"), Box("worker", there=False)])
    assert several.standby == ()
    assert [card.id for card in several.cards()] == ["local/first"]


async def test_the_least_busy_is_asked() -> None:
    """Of two with one model, the one that answers nobody now."""
    first, second = Box("first", "m"), Box("second", "m")
    first.gate = asyncio.Event()
    several = Several([first, second, Box("other")], least_wait=True)
    waiting = asyncio.create_task(said(several, "local/m"))
    await asyncio.sleep(0)
    assert await said(several, "local/m") == "second"
    first.gate.set()
    assert await waiting == "first"
    assert [card.id for card in several.cards()] == ["local/m", "local/other"]


async def test_the_status_is_that_of_whoever_would_answer() -> None:
    """Who could not is named as a warning."""
    first, second = Box("first"), Box("second")
    first.error = LocalModelError("It is dead.")
    status = await Several([first, second]).status()
    assert (status.state, status.backend) == ("ready", "second")
    assert "first is unreachable" in status.warning
