"""Chats in plain mode: everything that the list of the app does, by command."""

from __future__ import annotations

from pathlib import Path

from tests.tui.fake_runtime import FakeRuntime
from tests.tui.plain_talk import talk


def test_a_chat_is_renamed_forked_and_exported(runtime: FakeRuntime, tmp_path: Path) -> None:
    """Into a new file for its owner alone; a file that is there is not overwritten."""
    file = tmp_path / "chat.md"
    written = talk(
        runtime, "Explain this", "/rename Hash tables", f"/export {file}", f"/export {file}",
        "/fork", "/rename",
    )  # fmt: skip
    assert "Chat: Hash tables" in written
    assert f"Written: {file}" in written
    assert f"Error: {file}: File exists." in written
    assert "Explain this" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Chat: Hash tables (fork)" in written
    assert "Error: /rename needs a title." in written


def test_a_chat_is_deleted_after_a_yes(runtime: FakeRuntime) -> None:
    """The open one, after which a new one begins, or a listed one; no keeps it."""
    written = talk(
        runtime, "/chats", "/delete 2", "no", "/delete 2", "yes", "/delete 9",
        "Explain this", "/delete", "y", "/delete",
    )  # fmt: skip
    assert written.count("Deleted: Rust borrow checker.") == 1
    assert "c2" not in runtime.conversations.rows
    assert any("no such number" in line for line in written)
    assert "Deleted: Explain this." in written
    assert written[-1] == "Error: this chat is empty."


def test_without_a_chat_there_is_nothing_to_do(runtime: FakeRuntime) -> None:
    """It is said, and nothing is written."""
    written = talk(runtime, "/export", "/fork", "/rename x")
    assert written.count("Error: this chat is empty.") == 3


def test_a_mode_is_said_in_words(runtime: FakeRuntime) -> None:
    """At the start and with each change."""
    written = talk(runtime, "/private")
    privacy = [line for line in written if line.startswith("Privacy: ")]
    assert privacy[0].startswith("Privacy: AUTO")
    assert privacy[1] == "Privacy: LOCAL ONLY. Nothing of this chat leaves this machine."
