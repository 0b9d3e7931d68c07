"""A client that resends its history is recognised, and its latch with it."""

from __future__ import annotations

import pytest

from edgeroute.core.messages import Message, Reasoning, Text, assistant, system, user
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
