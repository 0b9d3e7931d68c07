"""Requests beyond the limit wait for their turn, in order, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from edgeroute.server.access.waiting_room import FIRST, NEXT, NoPlace, WaitingRoom


async def _stay(room: WaitingRoom, name: str, seen: list[str], priority: int = NEXT) -> None:
    async with room.place(priority):
        seen.append(name)
        await asyncio.sleep(0)


async def test_those_who_wait_are_called_in_order() -> None:
    """Whoever came first, but what must stay here before all others."""
    room, seen = WaitingRoom(places=1), list[str]()
    async with room.place():
        waiting = [asyncio.create_task(_stay(room, name, seen)) for name in "abc"]
        waiting.append(asyncio.create_task(_stay(room, "private", seen, FIRST)))
        await asyncio.sleep(0)
        assert not seen
    await asyncio.gather(*waiting)
    assert seen == ["private", "a", "b", "c"]


async def test_nobody_waits_for_ever_and_only_so_many_wait() -> None:
    """Beyond the most that may wait, and after the time, the answer says when to try again."""
    room = WaitingRoom(places=1, most=1, seconds=0.05)
    async with room.place():
        late = asyncio.create_task(_stay(room, "late", []))
        await asyncio.sleep(0)
        with pytest.raises(NoPlace) as full:
            await _stay(room, "too many", [])
        with pytest.raises(NoPlace) as slow:
            await late
    told = full.value.rejection, slow.value.rejection
    assert [one.status for one in told] == [429, 429]
    assert 0 < (told[0].retry_after or 0) <= (told[1].retry_after or 0)
    await asyncio.wait_for(_stay(room, "later", []), 1)


@pytest.mark.parametrize("called", [False, True])
async def test_a_caller_who_goes_away_leaves_his_place(*, called: bool) -> None:
    """Whether he was still waiting or had just been called, the place goes to the next."""
    room, seen = WaitingRoom(places=1), list[str]()
    async with room.place():
        gone = asyncio.create_task(_stay(room, "gone", seen))
        stays = asyncio.create_task(_stay(room, "stays", seen))
        await asyncio.sleep(0)
        if not called:
            gone.cancel()
    if called:
        gone.cancel()
    await asyncio.wait_for(stays, 1)
    await asyncio.gather(gone, return_exceptions=True)
    assert seen == ["stays"]
    await asyncio.wait_for(_stay(room, "next", seen), 1)
    assert room._free == 1
