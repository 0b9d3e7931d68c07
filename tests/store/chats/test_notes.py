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
