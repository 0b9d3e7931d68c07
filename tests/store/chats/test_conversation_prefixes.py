"""A client that resends its history is recognised, and its latch with it."""

from __future__ import annotations

import pytest

from edgeroute.core.ids import owner_of
from edgeroute.core.messages import Message, Reasoning, Text, ToolCall, assistant, system, user
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.chats.conversation_prefixes import Prefixes
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.database.database import Database
from tests.store.conftest import Ticking


@pytest.fixture
def conversations(database: Database, now: Ticking) -> Conversations:
    """The conversations of an empty database."""
    return Conversations(database, now=now)


@pytest.fixture
def prefixes(database: Database) -> Prefixes:
    """The beginnings of the same database."""
    return Prefixes(database)


def test_recognition_survives_what_clients_change(
    conversations: Conversations, prefixes: Prefixes
) -> None:
    """Another system prompt, white space, lost reasoning: the conversation is still known."""
    chat = conversations.create().id
    answer = Message("assistant", (Reasoning("hm", "o", "{}"), Text("It is  42.\n")))
    prefixes.remember(chat, [system("Today is Monday."), user("What is it?"), answer])
    echoed = [system("Tuesday."), user(" What is it?"), assistant("It is 42."), user("Sure?")]
    found = prefixes.find(echoed)
    assert found is not None
    assert (found.conversation, found.length, found.whole) == (chat, 2, True)
    assert prefixes.find([user("What is it?")]) is None
    assert prefixes.find([user("What is it?"), assistant("43"), user("Sure?")]) is None


def test_an_earlier_branch_is_a_fork_that_inherits_the_latch(
    conversations: Conversations, prefixes: Prefixes
) -> None:
    """A client that edits an old message gets a fork; it is latched like its parent."""
    chat = conversations.create().id
    beginning = [user("Plan my week"), assistant("Gladly")]
    prefixes.remember(chat, [*beginning, user("My SSN is ..."), assistant("No")])
    conversations.latch(chat, "US_SSN")
    found = prefixes.find([*beginning, user("Something else")])
    assert found is not None
    assert (found.conversation, found.length, found.whole, found.latched) == (
        chat,
        2,
        False,
        True,
    )
    fork = conversations.fork(found.conversation, 0)
    assert fork.latched


def test_a_common_greeting_does_not_spread_a_latch(
    conversations: Conversations, prefixes: Prefixes
) -> None:
    """Of two conversations that begin alike, the one with nothing more is continued."""
    greeting = [user("hi"), assistant("Hello! How can I help?")]
    old = conversations.create().id
    prefixes.remember(old, [*greeting, user("My SSN is ..."), assistant("No")])
    conversations.latch(old, "US_SSN")
    new = conversations.create().id
    prefixes.remember(new, greeting)
    found = prefixes.find([*greeting, user("Explain hash tables")])
    assert found is not None
    assert (found.conversation, found.latched) == (new, False)


def test_a_very_long_history_is_recognised(
    conversations: Conversations, prefixes: Prefixes
) -> None:
    """The longest known beginning wins, however long the history is."""
    history = [m for n in range(1500) for m in (user(f"q{n}"), assistant(f"a{n}"))]
    chat = conversations.create().id
    prefixes.remember(chat, history[:2600])
    found = prefixes.find(history)
    assert found is not None
    assert (found.length, found.whole) == (2600, True)
    assert prefixes.find(history[:10]) is not None


def test_what_was_recent_and_is_gone_hides_nothing(
    conversations: Conversations, prefixes: Prefixes
) -> None:
    """Once a conversation is deleted, the one that shares less with the same history is found."""
    history = [m for n in range(20) for m in (user(f"q{n}"), assistant(f"a{n}"))]
    short, long = conversations.create().id, conversations.create().id
    prefixes.remember(short, history[:4])
    prefixes.remember(long, history)
    asked = [*history, user("Well?")]
    for _ in range(2):
        found = prefixes.find(asked)
        assert found is not None
        assert (found.conversation, found.length) == (long, 40)
    conversations.delete(long)
    found = prefixes.find(asked)
    assert found is not None
    assert (found.conversation, found.length) == (short, 4)


def test_only_what_is_new_is_recorded_after_a_match(
    conversations: Conversations, prefixes: Prefixes, database: Database
) -> None:
    """A turn that goes on from a match records its own beginning; a fork records all of its own."""
    chat, fork = conversations.create().id, conversations.create().id
    history = [m for n in range(5) for m in (user(f"q{n}"), assistant(f"a{n}"))]
    prefixes.remember(chat, history)
    more = [*history, user("And?"), assistant("Yes")]
    match = prefixes.find(more[:-1])
    prefixes.remember(chat, more, match)
    prefixes.remember(fork, more, match)
    counts = [
        database.read("SELECT count(*) AS n FROM prefixes WHERE conversation = ?", (one,))[0]["n"]
        for one in (chat, fork)
    ]
    assert counts == [6, 6]


SSN = [user("Plan my week"), assistant("Gladly"), user("My SSN is ...")]
NO = assistant("No")


def test_who_leaves_before_the_private_message_is_not_latched(
    conversations: Conversations, prefixes: Prefixes
) -> None:
    """A branch before it is free, the message itself is undecided, what was answered to it is not;
    a second latch may only bind more, and one by other rules is decided by nobody.
    """
    chat = conversations.create().id
    conversations.latch(chat, "US_SSN", 3, "rules")
    prefixes.remember(chat, SSN)
    prefixes.remember(chat, [*SSN, NO])
    found = [prefixes.find(said) for said in (SSN[:2], SSN, [*SSN, NO], [*SSN, user("Well?")])]
    assert [one and (one.latched, one.undecided) for one in found] == [
        (False, False),
        (True, True),
        (True, False),
        (True, True),
    ]
    conversations.latch(chat, "Again", 5, "rules")
    again = prefixes.find(SSN)
    assert again is not None
    assert (again.held_from, again.held_by) == (3, "rules")
    conversations.latch(chat, "You asked for it.")
    whole = prefixes.find(SSN[:2])
    assert whole is not None
    assert (whole.latched, whole.held_from, whole.held_by) == (True, 0, "")


def test_an_answer_made_of_it_is_known_without_it(
    conversations: Conversations, prefixes: Prefixes
) -> None:
    """A short one after the same first message, a long one anywhere, a call as well; those that an
    open conversation got in the same place are its own.
    """
    long = assistant("As your number says, you were born in a year of many numbers. " * 2)
    call = Message("assistant", (ToolCall("1", "write", '{"to": "bank"}'),))
    chat = conversations.create().id
    conversations.latch(chat, "US_SSN", 3)
    prefixes.remember(chat, [*SSN, NO, user("Go on"), call, user("And?"), long])
    for kept in (NO, call, long):
        found = prefixes.find([SSN[0], kept, user("Well?")])
        assert found is not None
        assert (found.latched, found.held_from) == (True, 2)
    other = [user("Hello"), long, user("Well?")]
    elsewhere = prefixes.find(other)
    assert elsewhere is not None
    assert elsewhere.latched
    assert prefixes.find([user("Hello"), NO, call, user("Well?")]) is None
    clean = [*SSN[:2], user("Write a poem"), NO]
    open_one = conversations.create().id
    prefixes.remember(open_one, clean)
    own = prefixes.find([*clean, user("Well?")])
    assert own is not None
    assert (own.conversation, own.latched) == (open_one, False)


def test_masks_take_the_latch_s_place_for_what_holds_the_message(
    conversations: Conversations, prefixes: Prefixes
) -> None:
    """After the user's word whoever holds the private message belongs to the masked conversation;
    answers taken out of it stay, and without masks it is latched as before.
    """
    chat = conversations.create().id
    conversations.latch(chat, "US_SSN", 3)
    prefixes.remember(chat, [*SSN, NO, user("Go on"), NO])
    conversations.mask(chat)
    assert not conversations.get(chat).latched  # type: ignore[union-attr]
    branch = prefixes.find([*SSN, NO, user("Well?")])
    assert branch is not None
    assert (branch.masked, branch.latched) == (True, False)
    taken_out = prefixes.find([SSN[0], NO, user("Well?")])
    assert taken_out is not None
    assert (taken_out.masked, taken_out.latched) == (False, True)
    conversations.set_mode(chat, PrivacyMode.AUTO)
    assert conversations.get(chat).latched  # type: ignore[union-attr]
    conversations.set_mode(chat, PrivacyMode.MASK)
    assert conversations.get(chat).latched  # type: ignore[union-attr]


def test_people_who_share_an_endpoint_are_never_joined(
    conversations: Conversations, prefixes: Prefixes
) -> None:
    """The same words of two people and of the user go on with each one's own conversation only;
    what was made of what another's held is still known by itself.
    """
    said = [user("Hello"), assistant("How can I help? " * 8)]
    owners = ("", "anna", "ben")
    chats = {owner: conversations.create(owner=owner).id for owner in owners}
    assert [owner_of(chat) for chat in chats.values()] == list(owners)
    for owner in ("anna", ""):
        assert prefixes.find([*said, user("More")], "ben") is None
        prefixes.remember(chats[owner], said)
    for owner in ("anna", "", "anna"):
        found = prefixes.find([*said, user("More")], owner)
        assert found is not None
        assert (found.conversation, found.whole) == (chats[owner], True)
    conversations.latch(chats["anna"], "US_SSN", 1)
    prefixes.remember(chats["anna"], said)
    found = prefixes.find([*said, user("More")], "ben")
    assert found is not None
    assert (found.length, found.whole, found.latched, found.masked) == (0, False, True, False)
