"""Drives the chat app in tests: types, waits for what is on the screen, reads its words."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from textual._compositor import LayoutUpdate
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from edgeroute.tui.app import ChatApp
from edgeroute.tui.chat.screen import ChatScreen
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.widgets.transcript.block import AnswerBlock
from edgeroute.wiring import Runtime
from tests.tui.fake_runtime import FakeRuntime

TRIES = 1500


class Driver:
    """A running app with its scripted runtime."""

    def __init__(self, app: ChatApp, pilot: Pilot[int], runtime: FakeRuntime) -> None:
        self.app, self.pilot, self.runtime = app, pilot, runtime

    @property
    def chat(self) -> ChatScreen:
        """The chat screen, whatever lies over it."""
        return cast("ChatScreen", self.app.screen_stack[0])

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds."""
        for _ in range(TRIES):
            await self.pilot.pause(0.01)
            if condition():
                await self.pilot.pause()
                return
        raise AssertionError(f"it never came to pass; the strip says {self.strip!r}")

    async def type(self, text: str) -> None:
        """Put ``text`` into the message box and wait for its verdict."""
        self.chat.composer.insert(text)
        await self.checked()

    async def checked(self) -> None:
        """Wait until what stands in the message box is checked."""
        await self.pilot.pause()
        await self.until(lambda: self.chat.draft.check is not None)

    async def send(self, text: str) -> None:
        """Type and send ``text``, and wait until the turn is over."""
        await self.type(text)
        await self.press("enter")
        await self.idle()

    async def press(self, *keys: str) -> None:
        """Press ``keys``."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def idle(self) -> None:
        """Wait until nothing runs."""
        await self.until(lambda: self.chat.state.phase is Phase.IDLE)

    async def top(self, screen: builtins.type[object]) -> None:
        """Wait until a screen of that class is on top."""
        await self.until(lambda: isinstance(self.app.screen, screen))

    @property
    def choices(self) -> str:
        """The lines of the list on top."""
        lists = self.app.screen.query(OptionList)
        return "\n".join(str(one.prompt) for each in lists for one in each.options)

    @property
    def strip(self) -> str:
        """The words of the route strip."""
        return str(self.chat.page.strip.content)

    @property
    def text(self) -> str:
        """What stands in the message box."""
        return self.chat.composer.text

    @property
    def answers(self) -> list[AnswerBlock]:
        """The answers on the screen."""
        return list(self.chat.query(AnswerBlock))

    @property
    def frame(self) -> list[str]:
        """The rows of the screen, in words."""
        drawn = self.app.screen._compositor.render_update(
            full=True, screen_stack=self.app._background_screens
        )
        assert isinstance(drawn, LayoutUpdate)
        return [
            "".join(segment.text for strip in row for segment in strip).rstrip()
            for row in drawn.strips
        ]

    def words(self, selector: str) -> str:
        """The text of every Static that matches, on the top screen."""
        found = self.app.screen.query(selector).results(Static)
        return "\n".join(str(each.content) for each in found)


@asynccontextmanager
async def running(
    runtime: FakeRuntime | Runtime, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Driver]:
    """The app with ``runtime``, painted."""
    app = ChatApp(runtime.real if isinstance(runtime, FakeRuntime) else runtime)
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        driver = Driver(app, pilot, cast("FakeRuntime", runtime))
        await driver.until(lambda: all(worker.group != "warm" for worker in app.workers))
        yield driver
