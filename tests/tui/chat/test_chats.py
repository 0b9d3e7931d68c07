"""The open chat and the other ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import OptionList

from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.chat import chats
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.screens.dialogs import AskDialog, Confirm
from edgeroute.tui.screens.picker import Picker
from edgeroute.tui.widgets.transcript.block import AnswerBlock, Question
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeRuntime


async def test_chats_are_opened_renamed_pinned_forked_and_deleted(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list's keys do what its last line says."""
    monkeypatch.setattr(chats, "UNDO_SECONDS", 0.05)
    async with running(runtime) as chat:
        await chat.press("ctrl+s")
        await chat.top(Picker)
        await chat.press("down", "ctrl+t")
        await chat.until(lambda: runtime.conversations.rows["c2"].pinned)
        await chat.top(Picker)
        await chat.press("ctrl+b")
        await chat.until(lambda: len(runtime.conversations.rows) == 6)
        await chat.top(Picker)
        await chat.press("ctrl+r")
        await chat.top(AskDialog)
        await chat.press(*"X", "enter")
        await chat.until(lambda: any("X" in r.title for r in runtime.conversations.list()))
        await chat.top(Picker)
        before = len(runtime.conversations.rows)
        await chat.press("ctrl+d")
        await chat.top(Confirm)
        await chat.press("y")
        await chat.until(lambda: len(runtime.conversations.rows) == before - 1)
        await chat.top(Picker)
        await chat.press("enter")
        await chat.until(lambda: bool(chat.chat.state.id))
        assert len(chat.chat.query(Question)) == 1


async def test_export_writes_a_private_file(
    runtime: FakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file holds the chat and only its owner can read it; an existing one is not replaced."""
    monkeypatch.chdir(tmp_path)
    async with running(runtime) as chat:
        await chat.chat.chats.open("c2")
        await chat.chat.actions.run("export_chat")
        await chat.top(AskDialog)
        await chat.press("enter")
        target = tmp_path / "rust-borrow-checker.md"
        await chat.until(target.exists)
        assert "rust borrow checker" in target.read_text()
        assert target.stat().st_mode & 0o777 == 0o600


async def test_search_finds_and_goes_there(runtime: FakeRuntime) -> None:
    """ctrl+f searches all chats; Enter opens the chat at the place."""
    async with running(runtime) as chat:
        await chat.press("ctrl+f")
        await chat.top(Picker)
        await chat.press(*"bergen")
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.id == "c3")


async def test_a_new_chat_begins_empty(runtime: FakeRuntime) -> None:
    """ctrl+n leaves the old chat as it is."""
    async with running(runtime) as chat:
        await chat.chat.chats.open("c2")
        await chat.press("ctrl+n")
        assert chat.chat.state.id == ""
        assert len(chat.chat.query(AnswerBlock)) == 0
        assert chat.chat.state.phase is Phase.IDLE


async def delete(chat: Driver, name: str) -> None:
    """Delete the chat ``name`` with the list of chats."""
    await chat.press("ctrl+s")
    await chat.top(Picker)
    await chat.press(*name, "ctrl+d")
    await chat.top(Confirm)
    await chat.press("y")
    await chat.top(Picker)
    await chat.press("escape")


async def test_a_chat_without_a_word_is_in_no_list(runtime: FakeRuntime) -> None:
    """A program whose first request was refused leaves one; the user never began it."""
    runtime.conversations.create(PrivacyMode.AUTO)
    async with running(runtime, (120, 36)) as chat:
        assert chat.chat.page.sidebar.option_count == 5
        await chat.press("ctrl+s")
        await chat.top(Picker)
        assert "new chat" not in chat.choices


async def test_a_deleted_chat_can_be_brought_back(runtime: FakeRuntime) -> None:
    """It is in no list and still there; /undo opens it, and leaving the app erases for good."""
    async with running(runtime, (120, 36)) as chat:
        await delete(chat, "regex")
        assert "c5" in runtime.conversations.rows
        assert chat.chat.page.sidebar.option_count == 4
        await chat.press(*"/undo", "enter")
        await chat.until(lambda: chat.chat.state.id == "c5")
        assert chat.chat.page.sidebar.option_count == 5
        await delete(chat, "regex")
        await chat.press(*"/undo", "enter")
        await chat.until(lambda: chat.chat.state.id == "c5")
        await delete(chat, "Trip")
        assert "c3" in runtime.conversations.rows
    assert "c3" not in runtime.conversations.rows
    assert "c5" in runtime.conversations.rows


async def test_a_deleted_chat_is_erased_though_the_app_was_killed(runtime: FakeRuntime) -> None:
    """What was marked is erased at the next start; what cannot be yet is said, and stays marked."""
    runtime.conversations.notes["c3", "deleted"] = "yes"
    runtime.conversations.busy = True
    async with running(runtime, (120, 36)) as chat:
        await chat.until(
            lambda: any("using the history" in n.message for n in chat.app._notifications)
        )
    assert "c3" in runtime.conversations.rows
    runtime.conversations.busy = False
    async with running(runtime, (120, 36)) as chat:
        await chat.until(lambda: "c3" not in runtime.conversations.rows)
    assert ("c3", "deleted") not in runtime.conversations.notes


async def test_the_sidebar_is_walked_with_keys(runtime: FakeRuntime) -> None:
    """alt+s goes there, shown for it where the terminal is narrow; Enter opens and goes back to the
    message box, esc only goes back.
    """
    async with running(runtime, (80, 24)) as chat:
        await chat.press("alt+s")
        await chat.until(lambda: chat.chat.page.sidebar.has_focus)
        assert chat.chat.page.sidebar.region.width > 0
        await chat.press("down", "enter")
        await chat.until(lambda: chat.chat.state.id == "c2")
        assert chat.chat.composer.has_focus
        await chat.press("alt+s", "delete")
        await chat.top(Confirm)
        await chat.press("n")
        await chat.press("escape")
        assert chat.chat.composer.has_focus


async def test_chats_of_programs_are_apart(runtime: FakeRuntime) -> None:
    """The side pane holds the user's own; the list of all has the others at its end, by name."""
    rows = runtime.conversations.rows
    rows["c1"] = replace(rows["c1"], front_door="http", client="aider")
    async with running(runtime, (120, 36)) as chat:
        assert chat.chat.page.sidebar.option_count == 4
        await chat.press("ctrl+s")
        await chat.top(Picker)
        listed = chat.app.screen.query_one("#choices", OptionList)
        assert listed.get_option_at_index(4).id == "c1"
        assert "from aider" in str(listed.get_option_at_index(4).prompt)
