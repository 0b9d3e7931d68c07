"""Importing own entries, and what that would change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.core.messages import Message, ToolCall, user
from edgeroute.engine.admin.own_entries import OwnEntries
from edgeroute.privacy.detecting.own.imported import Imported
from edgeroute.privacy.detecting.own.rarity import Rarity
from edgeroute.privacy.inspecting.folders import Folders
from tests.support.clocks import StandingClock

PROMPTS = ["Write to Anna Holmqvist.", "holmqvist_anna.txt?", *(f"Question {n}" for n in range(18))]


class ValuesInMemory:
    """Small values."""

    def __init__(self) -> None:
        self.kept: dict[str, object] = {}

    def get(self, name: str, default: object = None) -> object:
        """One of them."""
        return self.kept.get(name, default)

    def set(self, name: str, value: object) -> None:
        """Keep one."""
        self.kept[name] = value


@pytest.fixture
def own(tmp_path: Path) -> OwnEntries:
    """A service over twenty prompts and three chats."""
    imported = Imported(tmp_path / "config", b"k" * 32)

    def chats(limit: int) -> Sequence[Sequence[Message]]:
        del limit
        return [
            [user("Read ~/clients/a.md and ~/clients/b.md")],
            [Message("assistant", (ToolCall("1", "read", '{"path": "~/clients/c.md"}'),))],
            [user("and/or ~/desk/x.txt")],
        ]

    return OwnEntries(
        lambda: imported,
        Rarity(tmp_path),
        ValuesInMemory(),
        lambda limit: PROMPTS[:limit],
        chats,
        folders=lambda: Folders({"~/clients/**": "private"}),
        clock=StandingClock(),
    )


def test_a_preview_keeps_nothing_and_names_no_value(own: OwnEntries, tmp_path: Path) -> None:
    """It counts kinds, reasons, and the recent prompts that would have been held."""
    file = tmp_path / "people.txt"
    file.write_text("Anna Holmqvist\nBergen\n", "utf-8")
    preview = own.preview(str(file))
    assert (preview.counts, preview.held, preview.prompts) == ({"name": 1}, 2, 20)
    assert sum(preview.skipped.values()) == 1
    assert "Anna" not in preview.sentence
    assert own.listed() == []
    own.keep(preview)
    assert [one.counts for one in own.listed()] == [{"name": 1}]
    assert own.remove(str(file)) == 1
    assert own.remove("name") == own.remove("all") == 0


def test_an_empty_import_is_an_error(own: OwnEntries, tmp_path: Path) -> None:
    """Where nothing can be found nothing is kept."""
    (tmp_path / "x.txt").write_text("Bergen\n", "utf-8")
    with pytest.raises(SettingsError):
        own.keep(own.preview(str(tmp_path / "x.txt")))


def test_it_is_offered_until_it_is_answered(own: OwnEntries) -> None:
    """Once there are prompts to try it on, and never again after an answer."""
    assert own.is_due()
    own.answered()
    assert not own.is_due()


def test_a_folder_says_which_chats_name_it(own: OwnEntries) -> None:
    """The folder that most chats name is offered, with their number; its files have its label."""
    offer = own.offer()
    assert (offer.folder, offer.named.named, offer.named.chats) == ("~/clients/**", 2, 3)
    assert own.folder("~/desk").named == 1
    assert own.label(Path.home() / "clients/a.md") == "private"
