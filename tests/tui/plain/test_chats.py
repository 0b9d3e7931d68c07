"""Chats in plain mode: everything that the list of the app does, by command."""

from __future__ import annotations

from dataclasses import replace
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
    assert sum(line.startswith("Deleted: Rust borrow checker.") for line in written) == 1
    assert "c2" not in runtime.conversations.rows
    assert any("no such number" in line for line in written)
    assert any(line.startswith("Deleted: Explain this.") for line in written)
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


def test_a_deleted_chat_is_brought_back(runtime: FakeRuntime) -> None:
    """Until another one is deleted, or the user leaves, /undo goes on in it."""
    written = talk(runtime, "Explain this", "/delete", "yes", "/undo", "/chats", "/undo")
    assert any(line.endswith("brought back.") for line in written)
    assert "Undo: nothing was deleted that could still be brought back." in written
    assert runtime.conversations.list()


def test_what_was_deleted_is_erased_at_the_end(runtime: FakeRuntime) -> None:
    """It is in no list from then on, and gone when plain mode has ended."""
    before = len(runtime.conversations.list())
    written = talk(runtime, "Explain this", "/delete", "yes", "/chats")
    assert sum(line.startswith("Chat ") for line in written) == before
    assert len(runtime.conversations.list()) == before


def test_a_system_prompt_goes_before_the_chat(runtime: FakeRuntime) -> None:
    """It is listed, chosen, sent with every message of its chat, and taken off again."""
    runtime.chat = replace(runtime.chat, prompts={"short": "Answer in one line."})
    written = talk(
        runtime, "/system", "/system short", "Explain this", "/system", "And that",
        "/system none", "And more", "/system nobody",
    )  # fmt: skip
    assert "System prompt: short: Answer in one line." in written
    assert "System prompt: short, in use: Answer in one line." in written
    assert "Error: there is no system prompt nobody." in written
    sent = [[m.role for m in request.messages] for request in runtime.engine.requests]
    assert [roles[0] for roles in sent] == ["system", "system", "user"]
