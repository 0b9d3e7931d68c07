"""What is written into the message box, and what goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.messages import File
from edgeroute.tui.screens.picker import Picker
from tests.support.replies import PNG
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


async def test_a_path_with_spaces_is_completed_to_its_end(
    runtime: FakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders of people have spaces in their names; words after a name are no part of it."""
    (tmp_path / "case 12").mkdir()
    (tmp_path / "case 12" / "letter to bank.txt").write_text("x")
    monkeypatch.chdir(tmp_path)
    async with running(runtime) as chat:
        chat.chat.composer.insert("read @ca")
        await chat.pilot.pause()
        await chat.press("tab")
        assert chat.text == "read @case 12/"
        await chat.press(*"letter", "space", *"to")
        assert chat.chat.page.suggestions.display
        await chat.press("tab")
        await chat.until(lambda: len(chat.chat.state.attachments) == 1)
        assert chat.text == "read "
        for said in ("ask @case about it", "ask @~nobody-at-all for it", "mail a@case 12"):
            chat.chat.composer.put(said)
            await chat.pilot.pause()
            assert not chat.chat.page.suggestions.display


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


async def test_what_is_attached_can_be_taken_off(runtime: FakeRuntime, tmp_path: Path) -> None:
    """Backspace in the empty box takes the last one off, /detach the one that is named."""
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    (tmp_path / "c.png").write_bytes(PNG)
    async with running(runtime) as chat:
        for name in ("a.txt", "b.txt", "c.png"):
            chat.chat.composer_actions.attach_file(str(tmp_path / name))
        assert "picture" in str(chat.chat.composer.border_title)
        await chat.press("backspace")
        assert [type(part) for part in chat.chat.state.attachments] == [File, File]
        await chat.press(*"/detach", "space", *"a.txt", "enter")
        assert [getattr(p, "name", "") for p in chat.chat.state.attachments] == ["b.txt"]
        await chat.press("x", "backspace")
        assert len(chat.chat.state.attachments) == 1


async def test_a_picture_is_named_and_its_blindness_said(
    runtime: FakeRuntime, tmp_path: Path
) -> None:
    """Before sending the strip says who cannot see it; the transcript says that it was attached."""
    (tmp_path / "c.png").write_bytes(PNG)
    async with running(runtime) as chat:
        await chat.chat.options.pick_model("local")
        chat.chat.composer_actions.attach_file(str(tmp_path / "c.png"))
        await chat.type("What is this?")
        assert "CANNOT SEE THE PICTURE" in chat.strip
        await chat.press("enter")
        await chat.idle()
        assert "picture, image/png" in chat.words("Question .files")
        await chat.chat.chats.open(chat.chat.state.id)
        assert "picture, image/png" in chat.words("Question .files")
