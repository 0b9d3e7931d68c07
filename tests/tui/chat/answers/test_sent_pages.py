"""What left, on the screen: the list, the very text, and the document to hand on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from edgeroute.tui.screens.dialogs import AskDialog
from edgeroute.tui.screens.picker import Picker
from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.screens.sent import SentScreen
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeRuntime


async def asked(chat: Driver) -> None:
    """Two questions that left, one that stayed, and the list of what left."""
    await chat.send("Explain a hash table")
    await chat.send("Explain a heap")
    await chat.send("mail anna@example.com")
    await chat.press("f8")
    await chat.top(Picker)


async def test_the_list_opens_the_very_text(runtime: FakeRuntime) -> None:
    """Only what left is there; what is new in it is shown first, and all of it for a key."""
    async with running(runtime) as chat:
        await asked(chat)
        assert chat.app.screen.query_one("#choices", OptionList).option_count == 2
        await chat.press("down", "enter")
        await chat.top(SentScreen)
        words = chat.words("#middle Static")
        assert "api.anthropic.com" in words
        assert "question, answered" in words
        assert "Explain a hash table" in chat.words(".plain")
        await chat.press("escape")
        await chat.top(Picker)
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.chat)


async def test_a_text_goes_to_its_receipt_and_back(runtime: FakeRuntime) -> None:
    """R opens it; Esc leads back the way one came."""
    async with running(runtime) as chat:
        await asked(chat)
        await chat.press("enter")
        await chat.top(SentScreen)
        await chat.press("r")
        await chat.top(ReceiptScreen)
        await chat.press("escape")
        await chat.top(SentScreen)


async def test_what_left_before_is_shown_for_a_key(runtime: FakeRuntime) -> None:
    """A chat's later request repeats the earlier ones; a shows them too, and again hides them."""
    async with running(runtime) as chat:
        await chat.send("Explain a hash table")
        (first,) = runtime.receipts.rows.values()
        earlier = first.created - timedelta(minutes=1)
        runtime.receipts.add(replace(first, created=earlier))
        await chat.send("Explain a heap")
        await chat.press("f8")
        await chat.top(Picker)
        await chat.press("enter")
        await chat.top(SentScreen)
        for said in (False, True, False):
            assert ("Explain a hash table" in chat.words(".plain")) is said
            assert "Explain a heap" in chat.words(".plain")
            await chat.press("a")


@pytest.mark.parametrize(
    ("key", "file", "begins"),
    [("ctrl+x", "left.html", "<!doctype"), ("ctrl+e", "left.md", "# What"), ("x", "a.json", "{")],
)
async def test_it_is_exported_as_one_document(
    runtime: FakeRuntime, tmp_path: Path, key: str, file: str, begins: str
) -> None:
    """Of a chat, of all, of one; its form by the file's name; for its owner alone."""
    async with running(runtime) as chat:
        await asked(chat)
        if key == "x":
            await chat.press("enter")
            await chat.top(SentScreen)
        await chat.press(key)
        await chat.top(AskDialog)
        chat.app.screen.query_one(Input).value = str(tmp_path / file)
        await chat.press("enter")
        await chat.until((tmp_path / file).exists)
        assert (tmp_path / file).read_text().startswith(begins)
        assert (tmp_path / file).stat().st_mode & 0o777 == 0o600
