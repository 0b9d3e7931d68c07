"""Placeholders: every one is kept, and none of a conversation that there is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from edgeroute.core.errors import StoreError
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.chats.masks import ConversationMasks
from edgeroute.store.database.database import Database
from tests.store.conftest import Ticking


def test_masks_that_change_at_the_same_time_all_stay(database: Database, now: Ticking) -> None:
    """Each change sees what the one before it has written."""
    chat = Conversations(database, now=now).create().id
    masks = ConversationMasks(database)

    def add(number: int) -> None:
        masks.change(chat, lambda old: {**old, str(number): "x"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(20)))
    assert len(masks.get(chat)) == 20


def test_a_conversation_that_is_gone_takes_no_masks(database: Database) -> None:
    """What cannot be kept is said, so that nothing is masked that could not be restored."""
    with pytest.raises(StoreError, match="no conversation"):
        ConversationMasks(database).change("gone", lambda old: {**old, "<PERSON_1>": "Ann"})
