"""Whose turn it is at the model."""

from __future__ import annotations

import asyncio

import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.local.worker.turn_queue import Ticket, TurnQueue

Turn = asyncio.Task[None]


async def lined_up(turns: TurnQueue, *tickets: Ticket) -> list[Turn]:
    """Each waits for its turn, in this order."""
    waiting = []
    for ticket in tickets:
        waiting.append(asyncio.create_task(turns.take(ticket)))
        await asyncio.sleep(0)
    return waiting


async def order(turns: TurnQueue, tickets: dict[str, Ticket], waiting: list[Turn]) -> str:
    """The names in the order in which they come."""
    names = ""
    for _ in tickets:
        await asyncio.sleep(0)
        called = [name for name, one in tickets.items() if one.called.is_set()]
        name = next(name for name in called if name not in names)
        names += name
        turns.used(tickets[name], over=True, seconds=4)
    await asyncio.gather(*waiting)
    return names


async def test_urgent_ones_first_then_by_age() -> None:
    """Whoever has the model keeps its turn."""
    turns = TurnQueue()
    tickets = {"a": Ticket("m"), "b": Ticket("m"), "c": Ticket("m", rank=0), "d": Ticket("m")}
    waiting = await lined_up(turns, *tickets.values())
    assert turns.waiting == 3
    assert await order(turns, tickets, waiting) == "acbd"


async def test_what_takes_long_stands_behind_what_is_short() -> None:
    """Each slice that was used puts an answer further back, urgent or not."""
    turns = TurnQueue()
    long, short = Ticket("m", rank=0), Ticket("m", rank=1)
    await turns.take(long)
    (waiting,) = await lined_up(turns, short)
    assert turns.give_way(long)
    turns.used(long, over=False)
    (again,) = await lined_up(turns, long)
    await waiting
    assert not again.done()
    turns.used(short, over=True)
    await again
    assert not turns.give_way(long)


async def test_a_model_is_not_changed_under_an_answer_that_has_begun() -> None:
    """Nobody gives way to one that wants another model, and that one waits."""
    turns = TurnQueue()
    begun, same, other = Ticket("m"), Ticket("m"), Ticket("n", rank=0)
    await turns.take(begun)
    (for_other,) = await lined_up(turns, other)
    assert not turns.give_way(begun)
    turns.used(begun, over=True)
    await for_other
    turns.used(other, over=True)
    again, more = Ticket("m"), Ticket("m")
    await turns.take(again)
    (for_more,) = await lined_up(turns, more)
    turns.used(again, over=False)
    await for_more
    waiting = await lined_up(turns, Ticket("n", rank=0), again)
    turns.used(more, over=True)
    await waiting[1]
    assert not waiting[0].done()
    turns.used(again, over=True)
    await waiting[0]
    assert same.number == 0


async def test_those_of_one_company_are_computed_together() -> None:
    """As many as there is room for; nobody overtakes one that has to be alone."""
    turns = TurnQueue(together=2)
    first, second, third = (Ticket("m", company="a") for _ in range(3))
    alone, other = Ticket("m"), Ticket("m", company="b")
    waiting = await lined_up(turns, first, second, third, alone, other, Ticket("m", company="b"))
    await asyncio.gather(*waiting[:2])
    assert turns.waiting == 4
    turns.used(first, over=True)
    await waiting[2]
    turns.used(second, over=True)
    await asyncio.sleep(0)
    assert not waiting[3].done()
    turns.used(third, over=True)
    await waiting[3]
    assert turns.waiting == 2
    turns.used(alone, over=True)
    await asyncio.gather(*waiting[4:])


async def test_nobody_waits_beyond_his_own_deadline() -> None:
    """He is told when to try again, and keeps nobody waiting."""
    turns = TurnQueue()
    await turns.take(Ticket("m"))
    with pytest.raises(LocalModelError, match="for too long") as error:
        await turns.take(Ticket("m", deadline=0.01))
    assert "in about 10 seconds" in error.value.hint
    assert turns.waiting == 0


async def test_a_full_line_is_said_at_once() -> None:
    """With how long it takes."""
    turns = TurnQueue(most=1)
    await turns.take(Ticket("m"))
    (waiting,) = await lined_up(turns, Ticket("m"))
    with pytest.raises(LocalModelError, match="wait for the local model already"):
        await turns.take(Ticket("m"))
    waiting.cancel()


async def test_whoever_leaves_keeps_nobody_waiting() -> None:
    """Neither in line nor just called."""
    turns = TurnQueue()
    first, second, third = Ticket("m"), Ticket("m"), Ticket("m")
    await turns.take(first)
    waiting = await lined_up(turns, second, third)
    waiting[0].cancel()
    await asyncio.sleep(0)
    turns.used(first, over=True)
    await waiting[1]
    assert turns.waiting == 0


async def test_the_expected_wait_follows_the_latest_answers() -> None:
    """Nobody there is no wait; each one ahead takes what answers take."""
    turns = TurnQueue()
    assert turns.expected_seconds == 0
    for _ in range(20):
        ticket = Ticket("m")
        await turns.take(ticket)
        turns.used(ticket, over=True, seconds=4)
    await turns.take(Ticket("m"))
    assert turns.expected_seconds == pytest.approx(4, abs=0.1)
