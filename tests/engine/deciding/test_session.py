"""Whose conversation a request belongs to: mode and latch follow the words, under any name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edgeroute.core.errors import StoreError
from edgeroute.core.messages import assistant, user
from edgeroute.core.model_card import Place
from edgeroute.core.verdict import PrivacyMode
from edgeroute.wiring import Runtime
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, house
from tests.support.scripted_provider import Received, Reply, always

TREES = "Tell me of trees."
HISTORY = (user(TREES), assistant(LOCAL_ANSWER))


@pytest.mark.parametrize("name", ["", "mine"])
async def test_a_wish_cannot_loosen_the_settings(tmp_path: Path, name: str) -> None:
    """Where the settings say private, a caller's `auto` changes neither this turn nor the next."""
    async with house(tmp_path, settings='[privacy]\nmode = "private"\n') as home:
        first = await home.ask(TREES, privacy=PrivacyMode.AUTO, conversation=name)
        again = await home.ask(
            [*HISTORY, user(OPEN)],
            privacy=PrivacyMode.AUTO,
            conversation=first.receipt.conversation,
        )
        later = await home.ask([*HISTORY, user("And of shrubs?")], privacy=PrivacyMode.AUTO)
        assert {seen.receipt.route for seen in (first, again, later)} == {Place.LOCAL}
        assert home.bytes_out == 0


@pytest.mark.parametrize("name", ["", "another-name"])
async def test_a_branch_inherits_the_mode(tmp_path: Path, name: str) -> None:
    """What was said in private mode stays here when a client edits a turn or swaps the name."""
    async with house(tmp_path) as home:
        await home.ask(TREES, privacy=PrivacyMode.PRIVATE)
        await home.ask([*HISTORY, user("And of shrubs?")])
        branch = await home.ask([*HISTORY, user("And of moss?")], conversation=name, model="mock/m")
        assert branch.receipt.mode is PrivacyMode.PRIVATE
        assert home.bytes_out == 0


@pytest.mark.parametrize("named", [True, False])
async def test_more_privacy_lasts(tmp_path: Path, named: bool) -> None:  # noqa: FBT001
    """A turn that a program asked to keep here does not leave with the program's next turn."""
    async with house(tmp_path) as home:
        first = await home.ask(TREES)
        name = first.receipt.conversation if named else ""
        history = [user(TREES), assistant(first.text)]
        second = await home.ask(
            [*history, user(OPEN)], privacy=PrivacyMode.PRIVATE, conversation=name
        )
        sent = home.bytes_out
        third = [*history, user(OPEN), assistant(second.text), user("And of shrubs?")]
        assert (await home.ask(third, conversation=name)).receipt.route is Place.LOCAL
        assert home.bytes_out == sent


async def test_the_chat_app_may_ask_once_here(tmp_path: Path) -> None:
    """In the chat app a question asked again here leaves the chat's mode as the user set it."""
    async with house(tmp_path) as home:
        chat = home.runtime.conversations.create(PrivacyMode.AUTO)
        options = {"conversation": chat.id, "front_door": "chat"}
        here = await home.ask(TREES, privacy=PrivacyMode.PRIVATE, **options)
        assert here.receipt.route is Place.LOCAL
        after = await home.ask(OPEN, privacy=PrivacyMode.AUTO, **options)
        assert after.receipt.route is Place.CLOUD


async def test_a_latch_stops_what_is_under_way(tmp_path: Path) -> None:
    """While one request waits for its second provider, another latches the conversation: the first
    ends here.
    """
    other: list[Runtime] = []

    def latching(_: Received) -> Reply:
        for runtime in other:
            runtime._stores.conversations.latch("mine", "Another request held personal data.")
        return replies.error(503)

    cloud = {"one": latching, "two": always(replies.chat("never"))}
    async with house(tmp_path, cloud) as home:
        home.runtime.conversations.create(id="mine")
        other.append(home.reopened())
        seen = await home.ask(TREES, conversation="mine")
        assert seen.receipt.route is Place.LOCAL
        assert len(home.cloud["one"].requests) == 1
        assert home.cloud["two"].bytes_received == 0
        await other[0].close()


async def test_a_masked_value_stays_masked_where_it_says_nothing(tmp_path: Path) -> None:
    """A value that was masked once is masked in a turn that would be open without it, and keeps the
    conversation here where it cannot be.
    """
    wife = "Call my wife on +44 20 7946 0958 about her diabetes."
    async with house(tmp_path) as home:
        first = await home.ask(wife, privacy=PrivacyMode.MASK)
        name = first.receipt.conversation
        assert first.receipt.masked
        number = "What is 442079460958 in words?"
        seen = await home.ask(number, conversation=name)
        assert seen.receipt.route is Place.LOCAL
        assert seen.receipt.latched
        sent = b"".join(request.body for request in home.cloud["mock"].requests)
        assert b"0958" not in sent


async def test_turns_at_the_same_time_forget_no_masked_value(tmp_path: Path) -> None:
    """What several requests of one conversation mask at once is all known to the next one."""
    mails = [f"anna{n}@fjordmail.no" for n in range(5)]
    async with house(tmp_path) as home:
        home.runtime.conversations.create(PrivacyMode.MASK, id="mine")
        await asyncio.gather(*(home.ask(f"Write to {m}.", conversation="mine") for m in mails))
        kept = home.stores.masks.get("mine")["map"]
        assert all(mail in kept for mail in mails)
        sent = b"".join(request.body for request in home.cloud["mock"].requests)
        assert b"fjordmail" not in sent


@pytest.mark.parametrize("broken", ["latch", "find"])
async def test_a_latch_that_cannot_be_saved_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """A full disk or a locked file does not undo a latch: it holds in memory, then it is saved."""

    def full(*args: object) -> None:
        raise StoreError("The disk is full.", "Free some space.")

    async with house(tmp_path) as home:
        if broken == "latch":
            await home.ask(TREES, conversation="mine")
        sent = home.bytes_out
        store = home.stores.conversations if broken == "latch" else home.stores.prefixes
        monkeypatch.setattr(store, broken, full)
        assert (await home.ask(PRIVATE, conversation="mine")).receipt.route is Place.LOCAL
        monkeypatch.undo()
        later = await home.ask(OPEN, conversation="mine")
        assert later.receipt.latched
        assert home.bytes_out == sent
        again = home.reopened()
        found = again.conversations.get("mine")
        assert found is not None
        assert found.latched
        await again.close()
