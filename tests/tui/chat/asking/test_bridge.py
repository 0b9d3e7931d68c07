"""The engine's events as messages of the chat app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from edgeroute.core.errors import EdgeRouteError, NothingAnswered
from edgeroute.core.events import AttemptEnded, Event, Notice, ReasoningDelta, TextDelta
from edgeroute.tui.chat.asking.bridge import Bridge, TurnBroken, TurnEvent, TurnStep
from tests.support.receipts import attempt


async def _steps(events: AsyncGenerator[Event], *, stop: bool = False) -> list[TurnStep]:
    """What is posted until the turn is over; ``stop`` asks it to end after its first step."""
    posted: list[TurnStep] = []
    over = asyncio.Event()

    def post(message: TurnEvent) -> None:
        posted.append(message.step)
        if isinstance(message.step, TurnBroken):
            over.set()

    bridge = Bridge(post)
    bridge.start(events)
    if stop:
        await asyncio.sleep(0.01)
        bridge.stop()
    await asyncio.wait_for(over.wait(), 5)
    return posted


async def _silent() -> AsyncGenerator[Event]:
    yield Notice("note", "Nothing follows.")


async def _refused() -> AsyncGenerator[Event]:
    yield Notice("note", "Nothing follows.")
    raise NothingAnswered("No model is there.")


async def _defect() -> AsyncGenerator[Event]:
    yield Notice("note", "Nothing follows.")
    raise ZeroDivisionError


async def _endless() -> AsyncGenerator[Event]:
    yield Notice("note", "Nothing follows.")
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("turn", "cancelled", "sentence"),
    [
        (_silent, False, "ended without a result"),
        (_refused, False, "No model is there"),
        (_defect, False, "ZeroDivisionError"),
        (_endless, True, "Stopped"),
    ],
)
async def test_every_turn_ends_once(
    turn: Callable[[], AsyncGenerator[Event]], *, cancelled: bool, sentence: str
) -> None:
    """However the engine's events end, exactly one message says so, after all others."""
    notice, broken = await _steps(turn(), stop=cancelled)
    assert isinstance(notice, Notice)
    assert isinstance(broken, TurnBroken)
    assert broken.cancelled is cancelled
    assert isinstance(broken.error, EdgeRouteError)
    assert sentence in broken.error.message


async def test_text_is_joined_clean_and_in_its_place() -> None:
    """Pieces come as one text without what could act on a terminal, before what came after them."""

    async def talk() -> AsyncGenerator[Event]:
        yield ReasoningDelta("Let me ")
        yield ReasoningDelta("see.")
        yield TextDelta("one \x1b]0;")
        yield TextDelta("PWNED\x07 two")
        yield AttemptEnded(1, attempt())
        yield TextDelta(" three")

    thinking, text, ended, rest, _ = await _steps(talk())
    assert thinking == ReasoningDelta("Let me see.")
    assert text == TextDelta("one  two")
    assert isinstance(ended, AttemptEnded)
    assert rest == TextDelta(" three")
