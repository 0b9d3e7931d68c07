"""Whose conversation a request belongs to: mode and latch follow the words, under any name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import StoreError
from edgeroute.core.messages import assistant, system, user
from edgeroute.core.model_card import Place
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.session import Session, Sessions
from edgeroute.wiring import Runtime
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, house, request
from tests.support.scripted_provider import Received, Reply, always

TREES = "Tell me of trees."
HISTORY = (user(TREES), assistant(LOCAL_ANSWER))
LOST = StoreError("The disk is broken.", "Mend it.")


def lost(*_: object) -> None:
    """What a store does that cannot be read or written."""
    raise LOST


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


@pytest.mark.parametrize("broken", ["latch", "find"])
async def test_a_latch_that_cannot_be_saved_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """A full disk or a locked file does not undo a latch: it holds in memory, then it is saved."""
    async with house(tmp_path) as home:
        if broken == "latch":
            await home.ask(TREES, conversation="mine")
        sent = home.bytes_out
        store = home.stores.conversations if broken == "latch" else home.stores.prefixes
        monkeypatch.setattr(store, broken, lost)
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


async def test_a_record_that_cannot_be_read_any_more_stops_what_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two attempts the record of the conversation is lost: it may have been latched, so the
    second provider gets no byte.
    """

    def losing(_: Received) -> Reply:
        monkeypatch.setattr(home.stores.conversations, "binding", lost)
        return replies.error(503)

    async with house(tmp_path, {"one": losing, "two": always(replies.chat("never"))}) as home:
        seen = await home.ask(TREES)
        assert seen.receipt.route is Place.LOCAL
        assert len(home.cloud["one"].requests) == 1
        assert home.cloud["two"].bytes_received == 0


async def test_a_lost_record_counts_as_latched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked anew, a session whose record is lost is latched and says why; a reason that is known
    already stays.
    """
    async with house(tmp_path) as home:
        conversations = home.stores.conversations
        sessions = Sessions(conversations, home.stores.prefixes, PrivacyMode.AUTO)
        session = sessions.open(request(TREES))
        assert sessions.now(session) == session
        monkeypatch.setattr(conversations, "binding", lost)
        found = sessions.now(session)
        assert found.latched
        assert found.latch_reason == "Its record cannot be read. The disk is broken."
        known = Session(session.id, PrivacyMode.AUTO, latched=True, latch_reason="It held a name.")
        assert sessions.now(known).latch_reason == "It held a name."


async def test_a_session_asked_anew_has_what_others_did(tmp_path: Path) -> None:
    """Mode and latch of a conversation are those of this moment, and never looser than before."""
    async with house(tmp_path) as home:
        conversations = home.stores.conversations
        sessions = Sessions(conversations, home.stores.prefixes, PrivacyMode.AUTO)
        session = sessions.open(request(TREES, conversation="mine"))
        strict = Session("mine", PrivacyMode.PRIVATE, latched=True, latch_reason="Before.")
        assert sessions.now(strict) == strict
        conversations.raise_mode("mine", PrivacyMode.MASK)
        conversations.latch("mine", "It held a name.")
        found = sessions.now(session)
        assert (found.mode, found.latched) == (PrivacyMode.MASK, True)
        assert found.latch_reason == "It held a name."
        conversations.delete("mine")
        assert sessions.now(session) == session


@pytest.mark.parametrize(
    ("fields", "old"),
    [({}, False), ({"conversation": "mine"}, True), ({"messages": (*HISTORY, user(OPEN))}, True)],
    ids=["new", "named", "with a history"],
)
async def test_without_the_store_only_a_new_conversation_is_open(
    tmp_path: Path, fields: dict[str, Any], *, old: bool
) -> None:
    """Whether an old conversation was latched cannot be looked up, so it counts as latched; the
    stricter of the settings' and the request's mode holds.
    """
    async with house(tmp_path) as home:
        for default, asked, mode in (
            (PrivacyMode.AUTO, None, PrivacyMode.AUTO),
            (PrivacyMode.AUTO, PrivacyMode.MASK, PrivacyMode.MASK),
            (PrivacyMode.PRIVATE, PrivacyMode.AUTO, PrivacyMode.PRIVATE),
        ):
            sessions = Sessions(home.stores.conversations, home.stores.prefixes, default)
            one = request(request(TREES, privacy=asked), **fields)
            session = sessions.without_store(one, LOST, "fresh")
            assert (session.latched, session.mode, session.exists) == (old, mode, False)
            assert session.id == (one.conversation or "fresh")
            assert session.new == one.messages
            reason = "Its record cannot be read. The disk is broken."
            assert session.latch_reason == (reason if old else "")


async def test_a_peek_begins_nothing(tmp_path: Path) -> None:
    """Whose conversation a request is can be told without making one; what is new in it as well."""
    async with house(tmp_path) as home:
        conversations = home.stores.conversations
        sessions = Sessions(conversations, home.stores.prefixes, PrivacyMode.AUTO)
        peek = sessions.peek(request(TREES, conversation="mine", privacy=PrivacyMode.MASK))
        assert (peek.exists, peek.mode, peek.new) == (False, PrivacyMode.MASK, (user(TREES),))
        assert not conversations.list()
        first = (await home.ask(TREES)).receipt
        told = [user(TREES), assistant("A table of buckets.")]
        later = sessions.peek(request([system("Be short."), *told, user(OPEN)]))
        assert (later.id, later.exists, later.model) == (first.conversation, True, first.model)
        assert later.new == (user(OPEN),)
        assert not later.raised
        assert sessions.peek(request([*told, user(OPEN)], privacy=PrivacyMode.PRIVATE)).raised


async def test_a_branch_is_a_conversation_of_its_own(tmp_path: Path) -> None:
    """A request that leaves a turn out begins a new conversation, which knows where it comes from
    and inherits its latch.
    """
    async with house(tmp_path) as home:
        conversations = home.stores.conversations
        sessions = Sessions(conversations, home.stores.prefixes, PrivacyMode.AUTO)
        told = [user(TREES), assistant("A table of buckets.")]
        origin = (await home.ask(TREES)).receipt.conversation
        await home.ask([*told, user(OPEN)])
        branch = request([*told, user("And of moss?")])
        assert (sessions.peek(branch).origin, sessions.peek(branch).latched) == (origin, False)
        conversations.latch(origin, "")
        peek = sessions.peek(branch)
        assert (peek.exists, peek.latched) == (False, True)
        assert "branches off" in peek.latch_reason
        conversations.latch(origin, "It held a name.")
        opened = sessions.open(branch)
        assert opened.id != origin
        found = conversations.get(opened.id)
        assert found is not None
        assert found.latched


async def test_a_latch_is_set_once(tmp_path: Path) -> None:
    """The first reason stays; a conversation that is not stored is latched in memory."""
    async with house(tmp_path) as home:
        conversations = home.stores.conversations
        sessions = Sessions(conversations, home.stores.prefixes, PrivacyMode.AUTO)
        opened = sessions.open(request(TREES, conversation="mine"))
        latched = sessions.latch(opened, "It held a name.")
        assert (latched.latched, latched.latch_reason) == (True, "It held a name.")
        assert sessions.latch(latched, "Another.") == latched
        found = conversations.get("mine")
        assert found is not None
        assert found.latch_reason == "It held a name."
        alone = sessions.without_store(request(TREES), LOST, "fresh")
        assert sessions.latch(alone, "It held a name.").latched
        assert sessions.peek(request(OPEN, conversation="fresh")).latched


def test_a_session_is_a_plain_one_unless_told_otherwise() -> None:
    """Stored, open, as strict as its conversation, and no branch."""
    plain = Session("mine", PrivacyMode.AUTO)
    assert (plain.latched, plain.latch_reason, plain.new, plain.model) == (False, "", (), "")
    assert (plain.exists, plain.raised, plain.origin) == (True, False, "")


async def test_masks_of_the_origin_loosen_no_chat_of_its_own_mode(tmp_path: Path) -> None:
    """A chat that was forked from a masked one and set to `auto` keeps here what `auto` keeps."""
    async with house(tmp_path) as home:
        first = await home.ask(TREES, privacy=PrivacyMode.MASK, front_door="chat")
        fork = home.stores.conversations.fork(first.receipt.conversation)
        home.stores.conversations.set_mode(fork.id, PrivacyMode.AUTO)
        before = home.bytes_out
        private = await home.ask(
            [user(TREES), assistant("A table of buckets."), user(PRIVATE)],
            privacy=PrivacyMode.AUTO,
            conversation=fork.id,
            front_door="chat",
        )
        assert private.receipt.route is Place.LOCAL
        assert home.bytes_out == before


async def test_a_conversation_says_which_program_began_it(tmp_path: Path) -> None:
    """One of the chat app says nothing, one of the command line and of a program who it was."""
    async with house(tmp_path) as home:
        for door, began in (("chat", ""), ("cli", "ask"), ("http", "a program")):
            seen = await home.ask(f"{OPEN} {door}", front_door=door)
            found = home.runtime.conversations.get(seen.receipt.conversation)
            assert found is not None
            assert found.program == began
