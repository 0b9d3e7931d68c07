"""The open chat and the other ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.tui.chat.state import Phase
from edgeroute.tui.screens.dialogs import AskDialog, Confirm
from edgeroute.tui.screens.picker import Picker
from edgeroute.tui.widgets.transcript.block import AnswerBlock, Question
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


async def test_chats_are_opened_renamed_pinned_forked_and_deleted(runtime: FakeRuntime) -> None:
    """The list's keys do what its last line says."""
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
