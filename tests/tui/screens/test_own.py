"""The user's own people and places, in the app."""

from __future__ import annotations

from edgeroute.tui.screens.own import OwnScreen
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


async def test_it_is_offered_once_with_what_it_would_change(runtime: FakeRuntime) -> None:
    """The page comes by itself while nothing is written; esc is an answer."""
    runtime.own.due = True
    async with running(runtime) as chat:
        await chat.top(OwnScreen)
        assert "4 would have been" in chat.words("#effect")
        assert "3 name something" in chat.words("#result")
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.chat)
    assert (runtime.own.answers, runtime.own.kept, runtime.saved) == (1, [], {})


async def test_nobody_who_writes_is_interrupted(runtime: FakeRuntime) -> None:
    """With something in the message box it waits for another start, unanswered."""
    async with running(runtime) as chat:
        await chat.type("Explain how a hash table works")
        runtime.own.due = True
        await chat.chat.offer_own()
        await chat.pilot.pause()
        assert chat.app.screen is chat.chat
    assert runtime.own.answers == 0


async def test_enter_looks_and_enter_again_keeps(runtime: FakeRuntime) -> None:
    """Nothing is kept that was not looked at, and a mistake is a sentence."""
    async with running(runtime) as chat:
        chat.chat.composer.insert("/own")
        await chat.press("enter", "enter")
        await chat.top(OwnScreen)
        await chat.press(*"missing", "enter")
        await chat.until(lambda: "cannot be read" in chat.words("#effect"))
        await chat.press("x", "enter")
        await chat.until(lambda: "Enter keeps it" in chat.words("#effect"))
        assert runtime.own.kept == []
        await chat.press("enter")
        await chat.until(lambda: "Kept: 2" in chat.words("#effect"))
        assert [one.source for one in runtime.own.kept] == ["missingx"]
        await chat.press("tab", *"work", "enter")
        await chat.until(lambda: "names no folder" in chat.words("#result"))
        await chat.press("home", "~", "slash", "enter")
        await chat.until(lambda: "makes it private" in chat.words("#result"))
        assert runtime.saved == {}
        await chat.press("enter")
        await chat.until(lambda: "Kept" in chat.words("#result"))
    assert runtime.saved == {'privacy.paths."~/work"': "private"}
