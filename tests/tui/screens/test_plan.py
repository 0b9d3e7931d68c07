"""What the panels of a route and of a receipt say, they say in words."""

from __future__ import annotations

import pytest

from edgeroute.tui.screens.page import PanelScreen
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeRuntime


def said(chat: Driver) -> str:
    """All words of the open panel."""
    panel = chat.app.screen
    assert isinstance(panel, PanelScreen)
    return " ".join(str(one.render()) for one in panel.query("Static"))


@pytest.mark.parametrize(("key", "send"), [("ctrl+o", False), ("f2", True), ("f3", False)])
async def test_tasks_are_told_in_words(runtime: FakeRuntime, key: str, *, send: bool) -> None:
    """As `explain` tells them: no id of a task stands on the screen."""
    async with running(runtime) as chat:
        await (chat.send if send else chat.type)("What does this code do?")
        await chat.press(key)
        await chat.until(lambda: isinstance(chat.app.screen, PanelScreen))
        assert "explain_code" not in said(chat)
        assert key == "f3" or "explaining code" in said(chat) or send
