"""What is written into the message box, and what goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.tui.screens.picker import Picker
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


async def test_newline_keys_do_not_send(runtime: FakeRuntime) -> None:
    """ctrl+j and shift+enter begin a new line."""
    async with running(runtime) as chat:
        await chat.press("a", "ctrl+j", "b", "shift+enter", "c")
        assert chat.text == "a\nb\nc"
        assert runtime.engine.requests == []


async def test_prompt_history_is_searched(runtime: FakeRuntime) -> None:
    """ctrl+r puts an earlier prompt into the box."""
    async with running(runtime) as chat:
        await chat.press("ctrl+r")
        await chat.top(Picker)
        await chat.press(*"regex", "enter")
        await chat.until(lambda: chat.text == "A question about a regex for dates")


async def test_up_brings_earlier_prompts(runtime: FakeRuntime) -> None:
    """Up at the first line walks back, down walks forward to the empty box."""
    async with running(runtime) as chat:
        await chat.press("up")
        first = chat.text
        assert first.startswith("A question about")
        await chat.press("up")
        assert chat.text not in {"", first}
        await chat.press("down", "down")
        assert chat.text == ""


async def test_an_at_sign_offers_files(
    runtime: FakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """@ and the beginning of a name attach the file and leave the rest of the text."""
    (tmp_path / "notes.txt").write_text("x")
    monkeypatch.chdir(tmp_path)
    async with running(runtime) as chat:
        chat.chat.composer.insert("read @no")
        await chat.pilot.pause()
        assert chat.chat.page.suggestions.display
        await chat.press("tab")
        await chat.until(lambda: len(chat.chat.state.attachments) == 1)
        assert chat.text == "read "


async def test_a_file_goes_with_the_message(runtime: FakeRuntime, tmp_path: Path) -> None:
    """An attached file is named in the message box, sent as a part, and gone afterwards."""
    note = tmp_path / "note.txt"
    note.write_text("some text")
    async with running(runtime) as chat:
        chat.chat.composer_actions.attach_file(str(note))
        assert "note.txt" in str(chat.chat.composer.border_title)
        await chat.send("Explain this file")
        parts = runtime.engine.requests[0].messages[-1].parts
        assert [type(part).__name__ for part in parts] == ["Text", "File"]
        assert chat.chat.state.attachments == ()
        assert "note.txt" in chat.words("Question .files")
