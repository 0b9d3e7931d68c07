"""Saved pictures go with the conversation in which they were drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.database.database import Database
from edgeroute.store.records.receipts import Receipts
from tests.support.receipts import receipt

OTHERS = ("holiday.png", "edgeroute-notes.txt")


@pytest.mark.parametrize("purged", [False, True])
def test_pictures_go_with_their_conversation(
    database: Database, tmp_path: Path, *, purged: bool
) -> None:
    """Deleting takes its pictures and no others; purging takes all; files of the user stay."""
    conversations = Conversations(database, pictures=tmp_path)
    for name in ("one", "two"):
        conversations.create(id=name)
        Receipts(database).add(receipt(id=f"r{name}", conversation=name))
        (tmp_path / f"edgeroute-r{name}-1.png").write_bytes(b"PNG")
    for name in OTHERS:
        (tmp_path / name).write_bytes(b"mine")
    if purged:
        conversations.purge()
    else:
        conversations.delete("one")
    left = {file.name for file in tmp_path.iterdir() if file.is_file()}
    assert left == {*OTHERS} | (set() if purged else {"edgeroute-rtwo-1.png"})


def test_no_folder_is_no_trouble(database: Database, tmp_path: Path) -> None:
    """Who never drew a picture deletes as before."""
    conversations = Conversations(database, pictures=tmp_path / "none")
    conversations.create(id="one")
    conversations.delete("one")
    assert conversations.list() == []
