"""What is kept beside a conversation goes with it."""

from __future__ import annotations

from datetime import UTC, datetime

from edgeroute.core.messages import user
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.chats.notes import ConversationNotes
from edgeroute.store.database.database import Database
from edgeroute.store.records.key_value import KeyValueStore


def test_notes_are_kept_by_conversation_and_erased_with_it(database: Database) -> None:
    """An empty text is forgotten; deleting a conversation erases its notes alone; a purge all."""
    conversations = Conversations(database)
    states = KeyValueStore(database)
    notes = ConversationNotes(database, states)
    states.set("other", 1)
    first, second = conversations.create().id, conversations.create().id
    conversations.append(first, [user("x")])
    for chat in (first, second, ""):
        notes.keep(chat, "draft", f"begun in {chat}")
    notes.keep(first, "system", "plain")
    notes.keep(second, "deleted", "yes")
    assert notes.noted("deleted") == [second]
    assert notes.get(first, "draft") == f"begun in {first}"
    notes.keep(second, "draft", "")
    assert notes.get(second, "draft") == ""
    conversations.delete(first)
    assert (notes.get(first, "draft"), notes.get(first, "system")) == ("", "")
    assert notes.get("", "draft") == "begun in "
    conversations.purge(before=datetime(2000, 1, 1, tzinfo=UTC))
    assert notes.get("", "draft") == "begun in "
    conversations.purge()
    assert notes.get("", "draft") == ""
    assert states.get("other") == 1


def test_nothing_is_kept_beside_a_conversation_that_is_gone(database: Database) -> None:
    """What one process writes for a chat that another one has erased is not kept."""
    conversations = Conversations(database)
    notes = ConversationNotes(database, KeyValueStore(database))
    gone = conversations.create().id
    notes.keep(gone, "draft", "before")
    conversations.delete(gone)
    notes.keep(gone, "draft", "afterwards")
    assert notes.get(gone, "draft") == ""
    assert not database.read("SELECT * FROM states")


def test_a_deleted_chat_is_not_shown_while_it_waits_to_be_erased(database: Database) -> None:
    """Neither list, nor search, nor the earlier prompts; brought back it is there as before."""
    conversations = Conversations(database)
    notes = ConversationNotes(database, KeyValueStore(database))
    deleted, other = conversations.create().id, conversations.create().id
    conversations.append(deleted, [user("my secret prompt")])
    conversations.append(other, [user("another prompt")])

    def shown() -> tuple[int, int, int, int]:
        return (
            len(conversations.list()),
            len(conversations.search("prompt")),
            len(conversations.search("prompt ก")) + len(conversations.prompts()),
            len(conversations.prompts()),
        )

    assert shown() == (2, 2, 2, 2)
    notes.keep(deleted, "deleted", "yes")
    assert shown() == (1, 1, 1, 1)
    assert conversations.prompts() == ["another prompt"]
    notes.keep(deleted, "deleted", "")
    assert shown() == (2, 2, 2, 2)
