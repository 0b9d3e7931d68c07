"""The chat screen: what it starts, and what its commands do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edgeroute.core.conversation import Conversation
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.chat.screen import ChatScreen
from edgeroute.tui.screens.picker import Picker
from tests.tui.driver import running
from tests.tui.fake_runtime import CLOUD, FakeRuntime


@pytest.mark.parametrize("begun", ["", "Begun before, "])
async def test_what_is_typed_at_once_stays(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch, begun: str
) -> None:
    """The page is there before the draft is; whoever types by then loses neither."""
    wake = ChatScreen._wake

    async def typed_first(self: ChatScreen) -> None:
        self.composer.insert("typed at once")
        await wake(self)

    monkeypatch.setattr(ChatScreen, "_wake", typed_first)
    runtime.conversations.keep_note("", "draft", begun)
    async with running(runtime) as chat:
        assert chat.text == f"{begun}typed at once"


async def test_warming_up_begins_after_the_first_paint(runtime: FakeRuntime) -> None:
    """The engine's heavy parts are loaded once, when the page stands already."""
    painted = []

    async def warm() -> None:
        painted.append(bool(chats))
        runtime.warmed += 1

    chats: list[object] = []
    runtime.warm = warm  # type: ignore[method-assign]
    list_them = runtime.conversations.list

    def listed(limit: int = 200) -> Sequence[Conversation]:
        chats.append(1)
        return list_them(limit)

    runtime.conversations.list = listed  # type: ignore[method-assign]
    async with running(runtime):
        assert painted == [True]


async def test_slash_commands_are_completed_and_run(runtime: FakeRuntime) -> None:
    """A slash lists the commands; Enter runs the first that fits; nothing is sent."""
    async with running(runtime) as chat:
        await chat.press("/", "p")
        assert chat.chat.page.suggestions.display
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.mode is PrivacyMode.PRIVATE)
        assert chat.text == ""
        assert runtime.engine.requests == []


async def test_a_command_takes_its_argument(runtime: FakeRuntime) -> None:
    """/model NAME chooses at once."""
    async with running(runtime) as chat:
        chat.chat.composer.insert(f"/model {CLOUD}")
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.model == CLOUD)


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


@pytest.mark.parametrize("typed", ["/quitt", "/Quitt now", "/nonsense"])
async def test_a_mistyped_command_is_not_sent(runtime: FakeRuntime, typed: str) -> None:
    """The strip and a notice say so, and the text stays to be mended."""
    async with running(runtime) as chat:
        chat.chat.composer.insert(typed)
        await chat.until(lambda: "no command" in chat.strip)
        await chat.press("enter")
        await chat.until(lambda: any("no command" in n.message for n in chat.app._notifications))
        assert (chat.text, runtime.engine.requests) == (typed, [])


@pytest.mark.parametrize("typed", ["/usr/bin is a folder", " /quitt is a word", "/quitt\nis two"])
async def test_what_only_begins_with_a_slash_is_a_message(runtime: FakeRuntime, typed: str) -> None:
    """A path, a space before the slash or a second line make it one."""
    async with running(runtime) as chat:
        await chat.send(typed)
        assert runtime.engine.requests[0].messages[-1].text == typed.strip()
