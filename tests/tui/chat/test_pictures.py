"""Pictures in the chat."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Static

from edgeroute.core.answer import Answer
from edgeroute.core.messages import Image, Message, Text
from edgeroute.core.usage import Usage
from edgeroute.tui.chat.pictures import answer_text, saved
from tests.support.replies import PNG
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime

DRAWN = Image("image/png", PNG)
LINKED = Image("", url="https://files.example.com/a.png")


def test_each_picture_has_a_word_in_the_answer() -> None:
    """Text first, then what kind of picture it is, or where it lies."""
    message = Message("assistant", (Text("A fox."), DRAWN, LINKED))
    assert answer_text(message) == (
        "A fox.\n\n[picture, image/png, 70 B]\n\n[picture at https://files.example.com/a.png]"
    )


def test_what_cannot_be_saved_is_said(tmp_path: Path) -> None:
    """A folder that cannot be written costs the file, not the turn."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    answer = Answer(Message("assistant", (DRAWN, LINKED)), "stop", Usage(), "acme/one")
    linked, failed = saved(answer, blocked, "r1")
    assert (linked, "cannot be saved" in failed) == (f"at {LINKED.url}, not fetched", True)


async def test_the_transcript_says_where_a_picture_is(runtime: FakeRuntime, tmp_path: Path) -> None:
    """The picture is in a file, and its path stands in the answer."""
    runtime.pictures = tmp_path
    async with running(runtime) as chat:
        await chat.send("Draw a fox")
        path = tmp_path / "edgeroute-r0001-1.png"
        assert path.read_bytes() == PNG
        notices = [str(notice.render()) for notice in chat.chat.query(".notice").results(Static)]
        assert any(str(path) in notice for notice in notices)
        answer = chat.chat.page.transcript.last_answer
        assert answer is not None
        assert "image/png" in answer.text
