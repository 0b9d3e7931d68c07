"""The keys that end something."""

from __future__ import annotations

import asyncio

from edgeroute.tui.chat.state import Phase
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


async def test_escape_takes_back_an_enter_that_waits(runtime: FakeRuntime) -> None:
    """Esc during CHECKING leaves the text where it is, unsent."""
    runtime.engine.check_gate = asyncio.Event()
    async with running(runtime) as chat:
        chat.chat.composer.insert("Explain this")
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.phase is Phase.WAITING)
        await chat.press("escape")
        runtime.engine.check_gate.set()
        await chat.checked()
        assert chat.chat.state.phase is Phase.IDLE
        assert chat.text == "Explain this"
        assert runtime.engine.requests == []


async def test_escape_stops_and_keeps_what_came(runtime: FakeRuntime) -> None:
    """Esc ends the stream once, and the partial answer stays on the screen."""
    async with running(runtime) as chat:
        await chat.type("Explain, and hold")
        await chat.press("enter")
        await chat.until(lambda: bool(chat.answers) and "key" in chat.answers[-1].text)
        await chat.press("escape")
        await chat.idle()
        assert runtime.engine.cancelled == 1
        assert "hash table keeps" in chat.answers[-1].text
        assert "bucket if k" not in chat.answers[-1].text
        assert "You stopped" in chat.words(".notice")
        assert "left to api.anthropic.com" in chat.words(".receipt")


async def test_ctrl_c_copies_then_quits_on_the_second_press(runtime: FakeRuntime) -> None:
    """With a selection it copies; without one, twice leaves the app."""
    async with running(runtime) as chat:
        await chat.type("hello")
        chat.chat.composer.select_all()
        await chat.press("ctrl+c")
        assert chat.app.clipboard == "hello"
        chat.chat.composer.put("")
        await chat.press("ctrl+c", "ctrl+c")
        await chat.until(lambda: not chat.app.is_running or chat.app._exit)


async def test_a_queue_outlives_a_stop(runtime: FakeRuntime) -> None:
    """After a stop what was queued waits; esc brings it back into the message box, before what was
    typed since, and Enter sends it.
    """
    async with running(runtime) as chat:
        await chat.type("Explain, and hold")
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.phase is Phase.ANSWERING)
        chat.chat.composer.insert("and then?")
        await chat.press("enter")
        await chat.press("escape")
        await chat.idle()
        await chat.until(lambda: "esc takes it back" in chat.words(".queued"))
        chat.chat.composer.insert("typed since")
        await chat.press("escape")
        assert chat.text == "and then?\n\ntyped since"
        assert chat.words(".queued") == ""
        await chat.press("escape")
        assert chat.text == "and then?\n\ntyped since"
