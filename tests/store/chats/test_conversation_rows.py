"""What rows of conversations say."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.conversation import Binding
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.chats.conversation_rows import unknown
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.database.database import Database


@pytest.fixture
def conversations(tmp_path: Path) -> Conversations:
    """An empty history."""
    return Conversations(Database.open(tmp_path / "edgeroute.db"))


def test_what_binds_a_conversation_is_what_it_says_itself(conversations: Conversations) -> None:
    """Its mode and its latch, read alone or with the rest."""
    name = conversations.create(PrivacyMode.AUTO).id
    assert conversations.binding(name) == Binding(PrivacyMode.AUTO, False, "")
    conversations.latch(name, "It holds a name.")
    whole = conversations.get(name)
    assert whole is not None
    assert conversations.binding(name) == Binding(whole.mode, whole.latched, whole.latch_reason)
    assert whole.latched


def test_masks_bind_nothing(conversations: Conversations) -> None:
    """A latch that gave way to masks holds nothing here, whichever way it is read."""
    name = conversations.create(PrivacyMode.AUTO).id
    conversations.latch(name, "It holds a name.", held_from=1)
    conversations.mask(name)
    binding, whole = conversations.binding(name), conversations.get(name)
    assert whole is not None
    assert binding == (PrivacyMode.MASK, False, whole.latch_reason)
    assert not whole.latched


def test_what_is_not_there_binds_nothing(conversations: Conversations) -> None:
    """There is nothing to read, and its error says where to look."""
    assert conversations.binding("nobody") is None
    assert "history list" in unknown("nobody").hint
