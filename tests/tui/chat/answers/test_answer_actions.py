"""Walking over blocks, copying and rating."""

from __future__ import annotations

from textual.widgets import Button

from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.widgets.transcript.error_card import ErrorCard
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


async def test_the_block_cursor_walks_messages_and_code(runtime: FakeRuntime) -> None:
    """alt+up goes to the code block, then the answer, then the question; y copies it."""
    async with running(runtime) as chat:
        await chat.send("Explain this")
        await chat.press("alt+up")
        await chat.until(lambda: chat.answers[-1].part == 0)
        await chat.press("y")
        assert chat.app.clipboard.startswith("def find(table, key):")
        await chat.press("alt+up")
        assert chat.answers[-1].part == -1
        await chat.press("y")
        assert chat.app.clipboard.startswith("A hash table")
        await chat.press("alt+up", "y")
        assert chat.app.clipboard == "Explain this"
        await chat.press("enter")
        await chat.top(ReceiptScreen)
        await chat.press("escape")
        await chat.press("alt+down", "alt+down", "alt+down")
        assert chat.chat.composer.has_focus


async def test_a_thumb_is_shown_kept_and_taken_back(runtime: FakeRuntime) -> None:
    """f6 and f7 rate the last answer, + and - the chosen one; the same key again takes it back."""
    async with running(runtime) as chat:
        await chat.press("f6")
        assert runtime.memory.thumbs == {}
        await chat.send("Explain this")
        await chat.send("Explain that")
        await chat.press("f6")
        assert runtime.memory.thumbs == {"r0002": "up"}
        assert "[good]" in chat.words(".receipt")
        await chat.press("f7")
        assert runtime.memory.thumbs == {"r0002": "down"}
        await chat.press("f2")
        await chat.top(ReceiptScreen)
        assert "not good" in chat.words("#middle Static")
        await chat.press("escape")
        chat.answers[0].focus()
        await chat.press("plus")
        assert runtime.memory.thumbs == {"r0002": "down", "r0001": "up"}
        await chat.press("plus")
        assert runtime.memory.thumbs["r0001"] is None
        await chat.chat.chats.open(chat.chat.state.id)
        await chat.until(lambda: "[not good]" in chat.words(".receipt"))
        assert "[good]" not in chat.words(".receipt")


async def test_copying_the_card_takes_the_details(runtime: FakeRuntime) -> None:
    """The third button copies the sentence, the attempts and the receipt's id."""
    async with running(runtime) as chat:
        await chat.send("please fail")
        await chat.until(lambda: bool(chat.chat.query(ErrorCard)))
        list(chat.chat.query_one(ErrorCard).query(Button))[2].press()
        await chat.until(lambda: "r0001" in chat.app.clipboard)
        assert "503" in chat.app.clipboard
