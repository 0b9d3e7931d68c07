"""The pages over the chat that are about the whole app."""

from __future__ import annotations

import re

from textual.widgets import Static

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


async def test_spending_shows_users_and_alerts(runtime: FakeRuntime) -> None:
    """Beside days, models and tasks; an alert with its time."""
    async with running(runtime) as chat:
        await chat.press("f3")
        await chat.top(SpendScreen)
        shown = "\n".join(str(one.render()) for one in chat.app.screen.query(Static))
        assert "By user" in shown
        assert re.search(r"\d\d:\d\d  80 % of today's budget is spent\.", shown)
