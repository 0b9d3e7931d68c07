"""The chat as labelled lines."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.plain import PlainChat
from edgeroute.tui.terminal import needs_lines
from tests.support.house import OPEN, house
from tests.support.replies import PNG
from tests.tui.fake_runtime import FakeRuntime, spend
from tests.tui.plain_talk import talk


def test_each_line_says_what_it_is(runtime: FakeRuntime) -> None:
    """Route before the answer, receipt after it."""
    written = talk(runtime, "Explain this")
    labels = [line.partition(":")[0] for line in written]
    assert labels.index("Route") < labels.index("Answer") < labels.index("Receipt")
    assert any("left to api.anthropic.com" in line for line in written)


def test_private_text_is_said_to_stay(runtime: FakeRuntime) -> None:
    """The route line names what was found before anything is sent."""
    written = talk(runtime, "mail anna@example.com")
    assert any(line.startswith("Route: LOCAL") and "e-mail" in line for line in written)
    assert any(line.startswith("Receipt: stayed here") for line in written)


def test_route_sends_nothing(runtime: FakeRuntime) -> None:
    """/route only explains."""
    written = talk(runtime, "/route Explain this")
    assert any(line.startswith("Route: CLOUD") for line in written)
    assert runtime.engine.requests == []


def test_loosening_asks_and_a_latched_chat_stays(runtime: FakeRuntime) -> None:
    """/auto after /private needs a yes; after personal data it is refused."""
    written = talk(runtime, "/private", "/auto", "no", "hello", "/quit")
    assert runtime.engine.requests[0].privacy is PrivacyMode.PRIVATE
    written = talk(runtime, "mail anna@example.com", "/private", "/auto")
    assert any("stays local" in line and line.startswith("Error") for line in written)


def test_failures_and_withdrawn_answers_are_lines(runtime: FakeRuntime) -> None:
    """Nothing is redrawn: a withdrawn answer is followed by the one that stands."""
    written = talk(runtime, "cascade", "please fail")
    at = next(n for n, line in enumerate(written) if line.startswith("Withdrawn"))
    assert written[at - 1] == "Answer: I think it is about 41."
    assert written[at + 1].startswith("Answer: A hash table")
    assert any(line.startswith("Error: Every candidate failed.") for line in written)


def test_commands_answer(runtime: FakeRuntime) -> None:
    """Chats are numbered and opened, spend and receipts are told, nonsense is an error."""
    written = talk(
        runtime, "/help", "/chats", "/open 2", "/open 99", "/find bergen", "/cost", "/nonsense",
        "/model nope", "/model local", "/why", "hello", "/why", "/local", "/new",
    )  # fmt: skip
    text = "\n".join(written)
    for said in (
        "Chat 2: Rust borrow checker",
        "Chat: Rust borrow checker",
        "no such number",
        "Found 1: Trip to Bergen",
        "Today: $0.42",
        "/nonsense is no command",
        "there is no model nope",
        "Receipt: none yet",
        "Attempt 1:",
    ):
        assert said in text
    assert runtime.engine.requests[-1].model == "local"


def test_one_is_not_many(runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    """One call is a call; a reason that is a sentence gets no second full stop."""
    monkeypatch.setattr(runtime.ledger, "rows", lambda by: [spend(by, 1, 9, None, None)])
    assert "Model: model, 1 call, cost unknown" in talk(runtime, "/cost")
    assert not any(".." in line for line in talk(runtime, "cascade"))


def test_escapes_do_not_reach_the_terminal(runtime: FakeRuntime) -> None:
    """Answers are cleaned here too, across the pieces of the stream."""
    runtime.engine.answer = "one \x1b]0; PWNED \x07 two"
    assert not any("\x1b" in line or "PWNED" in line for line in talk(runtime, "Explain"))


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb"}, {}, {"TERM": "xterm", "ACCESSIBLE": "1"}]
)
def test_plain_is_chosen_where_drawing_is_wrong(environment: dict[str, str]) -> None:
    """ACCESSIBLE, TERM=dumb and pipes get lines; a real terminal gets the app."""
    assert needs_lines(environment, terminal=True)
    assert needs_lines({"TERM": "xterm"}, terminal=False)
    assert not needs_lines({"TERM": "xterm"}, terminal=True)


def test_plain_mode_does_not_load_textual() -> None:
    """Neither textual nor rich is imported for plain lines."""
    code = "import edgeroute.tui.plain, sys; print({'textual', 'rich'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_a_picture_is_saved_and_its_path_told(runtime: FakeRuntime, tmp_path: Path) -> None:
    """A screen reader hears where the picture is; an opened chat names it."""
    runtime.pictures = tmp_path
    written = talk(runtime, "Draw a fox")
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == PNG
    assert f"Picture: saved as {path}" in written
    assert "Answer: [picture, image/png, 70 B]" in talk(runtime, "/chats", "/open 2")


def test_answers_are_rated_by_command(runtime: FakeRuntime) -> None:
    """/good and /bad rate the last answer, /unrated takes it back; before one there is none."""
    written = talk(runtime, "/good", "Explain this", "/bad")
    assert "Error: there is no answer to rate yet." in written
    assert "Rated: not good." in written
    assert runtime.memory.thumbs == {"r0001": "down"}
    assert "Rated: nothing." in talk(runtime, "Explain that", "/unrated")


async def test_leaving_after_a_managed_answer_ends_well(tmp_path: Path) -> None:
    """Connections that were kept are let go of where they were opened, whoever closes after it."""
    written: list[str] = []
    lines = iter([OPEN, "/quit"])
    async with house(tmp_path) as home:
        chat = PlainChat(home.runtime, lambda _: next(lines), written.append)
        assert await asyncio.to_thread(chat.run) == 0
        assert home.cloud["mock"].requests
    assert any(line.startswith("Answer:") for line in written)


def test_a_mistyped_command_is_not_sent(runtime: FakeRuntime) -> None:
    """The nearest one is named; a path, and what has a space before it, is a message."""
    written = talk(runtime, "/quitt", "/exprt", "/zzzzzz", "/etc/hosts: what is it?", " /odd")
    errors = [line for line in written if line.startswith("Error")]
    assert "Did you mean /quit?" in errors[0]
    assert "Did you mean /export?" in errors[1]
    assert "/help lists them" in errors[2]
    sent = [request.messages[-1].text for request in runtime.engine.requests]
    assert sent == ["/etc/hosts: what is it?", "/odd"]


def test_a_retry_takes_the_place_of_the_answer(runtime: FakeRuntime) -> None:
    """As in the app: the chat holds the question once; before one there is nothing to retry."""
    written = talk(runtime, "/retry", "Explain this", "/retry", "/local")
    assert "Error: nothing was asked yet." in written
    assert len(runtime.engine.requests) == 3
    assert [len(request.messages) for request in runtime.engine.requests] == [1, 1, 1]
    assert runtime.engine.requests[1].replaces == "r0001"
    assert runtime.engine.requests[2].model == "local"


def test_every_command_is_in_the_help(runtime: FakeRuntime) -> None:
    """With what it takes; all that the app can do has a name."""
    text = "\n".join(talk(runtime, "/help"))
    for name in (
        "/route TEXT", "/retry", "/paste", "/attach [PATH]", "/detach", "/model", "/export",
        "/rename TITLE", "/delete", "/fork", "/left", "/settings", "/models", "/rules", "/key",
        "/clients", "/own", "/found", "/allow", "/private", "/quit",
    ):  # fmt: skip
        assert name in text


READING = (
    "import sys; from edgeroute.tui.plain import chat\n"
    "class C:\n"
    "    def __init__(self, r, read, write): self.read = read\n"
    "    def run(self):\n"
    "        print('GOT', repr(self.read('You: ')), repr(self.read('You: ')))\n"
    "        return 0\n"
    "chat.PlainChat = C; chat.run(None)"
)


def _reading() -> tuple[int, int]:
    """Plain mode that reads twice, in a real terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", READING])
    _until(terminal, b"You: ")
    return pid, terminal


def test_a_pasted_text_is_one_message() -> None:
    """In a real terminal: lines that come at once wait for Enter, and then go together."""
    pid, terminal = _reading()
    os.write(terminal, b"one\ntwo\nthree\n")
    _until(terminal, b"Pasted: 3 lines")
    os.write(terminal, b"\n")
    _until(terminal, b"You: ")
    os.write(terminal, b"typed\n")
    _until(terminal, b"GOT 'one\\ntwo\\nthree' 'typed'")
    os.waitpid(pid, 0)


def test_a_command_typed_ahead_is_a_command() -> None:
    """What was typed while an answer ran is not taken for one text with the line after it."""
    pid, terminal = _reading()
    os.write(terminal, b"/undo\ntyped\n")
    _until(terminal, b"GOT '/undo' 'typed'")
    os.waitpid(pid, 0)


def _until(terminal: int, mark: bytes) -> bytes:
    """What the terminal shows up to ``mark``."""
    seen = b""
    while mark not in seen:
        piece = os.read(terminal, 4096)
        assert piece, seen
        seen += piece
    return seen
