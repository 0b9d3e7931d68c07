"""The next message in plain mode: its files, its many lines, its model, what is personal in it."""

from __future__ import annotations

from pathlib import Path

from edgeroute.core.messages import File
from edgeroute.core.pictures import allowed_as
from tests.tui.fake_runtime import FakeRuntime
from tests.tui.plain_talk import talk


def test_files_are_attached_and_taken_off(runtime: FakeRuntime, tmp_path: Path) -> None:
    """What it means is said; what is attached is sent once; what is no file is an error."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    written = talk(
        runtime, "/attach", f"/attach {tmp_path}/a.txt", f"/attach {tmp_path}/b.txt",
        "/detach a.txt", "/detach nope", "Explain it", "And now?", "/detach", "/attach nowhere",
    )  # fmt: skip
    assert written.count("Attached: nothing.") == 1
    assert "Note: Its content is read here and judged." in written
    assert "Attached: b.txt, 5 B" in written
    assert "Detached: a.txt." in written
    assert "Error: nothing like that is attached." in written
    first, second = (request.messages[-1].parts for request in runtime.engine.requests)
    assert [part.name for part in first if isinstance(part, File)] == ["b.txt"]
    assert not any(isinstance(part, File) for part in second)
    assert "Error: nothing is attached." in written
    assert "Error: There is no file nowhere." in written


def test_files_are_kept_where_nothing_was_answered(runtime: FakeRuntime, tmp_path: Path) -> None:
    """The question can be asked again with them."""
    (tmp_path / "a.txt").write_text("a")
    written = talk(runtime, f"/attach {tmp_path}/a.txt", "please fail", "/attach")
    assert written.count("Attached: a.txt, 1 B") == 2


def test_many_lines_are_one_message(runtime: FakeRuntime) -> None:
    """Up to the line with a full stop; a line in it that looks like a command is none."""
    talk(runtime, "/paste", "one", "", "/quit", ".", "after")
    sent = [request.messages[-1].text for request in runtime.engine.requests]
    assert sent == ["one\n\n/quit", "after"]


def test_a_paste_that_looks_like_a_command_is_sent(runtime: FakeRuntime) -> None:
    """Whoever pastes a line means it."""
    talk(runtime, "/paste", "/new", ".")
    assert [request.messages[-1].text for request in runtime.engine.requests] == ["/new"]


def test_models_are_listed_and_chosen(runtime: FakeRuntime) -> None:
    """For one message; without a name all are told."""
    written = talk(runtime, "/model", "/model local", "hello", "hello again")
    assert "Model: deepseek/v4-flash" in written
    assert [request.model for request in runtime.engine.requests] == ["local", "auto"]


def test_what_is_personal_is_told_and_allowed_after_a_yes(runtime: FakeRuntime) -> None:
    """By number; nothing is sent."""
    written = talk(
        runtime, "/found mail anna@example.com", "/allow 2", "/allow 1", "no",
        "/allow 1", "yes", "/found nothing here",
    )  # fmt: skip
    assert "Found 1: e-mail: anna@example.com" in written
    assert any("no such number" in line for line in written)
    assert runtime.inspector.allowed == ["anna@example.com"]
    assert "Found: nothing personal." in written
    assert runtime.engine.requests == []


def test_a_picture_is_let_go_after_a_yes(runtime: FakeRuntime, tmp_path: Path) -> None:
    """It is numbered behind what is personal in the text."""
    (tmp_path / "a.png").write_bytes(b"face")
    written = talk(
        runtime, f"/attach {tmp_path}/a.png", "/found anna@example.com", "/allow 2", "yes", "/found"
    )
    assert "Found 2: picture, image/png, 4 B: A picture shows a face, so it stays here." in written
    assert runtime.inspector.allowed == [allowed_as(b"face")]
    assert "Found: nothing personal." in written
