"""What the keys and commands of the chat do, by name."""

from __future__ import annotations

from edgeroute.tui.screens.picker import Picker
from tests.tui.driver import running
from tests.tui.fake_runtime import CLOUD, FakeRuntime


async def test_a_dialog_does_not_hold_up_the_screen(runtime: FakeRuntime) -> None:
    """An action that asks something returns at once; its own and given arguments reach it."""
    async with running(runtime) as chat:
        await chat.chat.actions.run("pick_model", "nothing like it")
        await chat.top(Picker)
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.chat)
        await chat.chat.actions.run(f"pick_model({CLOUD!r})")
        await chat.until(lambda: chat.chat.state.model == CLOUD)


async def test_a_quick_action_is_done_when_it_returns(runtime: FakeRuntime) -> None:
    """Whether it waits for something or not."""
    async with running(runtime) as chat:
        await chat.chat.chats.open("c2")
        await chat.chat.actions.run("new_chat")
        assert chat.chat.state.id == ""
        await chat.chat.actions.run("toggle_sidebar")
        assert chat.chat.page.sidebar.has_class("-toggled")
