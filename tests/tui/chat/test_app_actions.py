"""The pages over the chat that are about the whole app."""

from __future__ import annotations

from edgeroute.tui.screens.help import HelpScreen
from edgeroute.tui.screens.providers import ProvidersScreen
from edgeroute.tui.screens.spend import SpendScreen
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


async def test_screens_open_and_close(runtime: FakeRuntime) -> None:
    """f1, f3 and f5 open their screens, Esc closes them."""
    async with running(runtime) as chat:
        for key, screen in (("f1", HelpScreen), ("f3", SpendScreen), ("f5", ProvidersScreen)):
            await chat.press(key)
            await chat.top(screen)
            await chat.press("escape")
            await chat.until(lambda: chat.app.screen is chat.chat)
