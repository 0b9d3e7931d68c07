"""Lists with a filter: what is typed filters, whatever letters it has."""

from __future__ import annotations

from copy import deepcopy

import pytest
from textual.widgets import Input, OptionList

from edgeroute.tui.keymap import ON_CHAT, ON_RULES, ON_SENT, RESERVED, KeyAction
from edgeroute.tui.screens.picker import Picker
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime

LISTS = ("ctrl+s", "ctrl+l", "ctrl+f", "ctrl+r", "f4", "f8", "f10", "ctrl+p")


@pytest.mark.parametrize("key", LISTS)
async def test_typing_only_filters(runtime: FakeRuntime, key: str) -> None:
    """Letters that once meant fork, rename, delete, export, pin and "not personal" are letters."""
    async with running(runtime) as chat:
        await chat.type("mail anna@example.com")
        await chat.press(key)
        await chat.until(lambda: chat.app.screen is not chat.chat)
        screen, rows = chat.app.screen, deepcopy(runtime.conversations.rows)
        state, theme = chat.chat.state, chat.app.theme
        for word in ("zebra", "dxpn/rb"):
            await chat.press(*word)
            assert chat.app.screen is screen
            field = screen.query_one(Input)
            assert (field.has_focus, field.value) == (True, word)
            await chat.press("ctrl+u")
        assert runtime.conversations.rows == rows
        assert (chat.chat.state, chat.app.theme) == (state, theme)
        assert (runtime.inspector.allowed, runtime.engine.requests) == ([], [])


async def test_the_filter_narrows_and_the_keys_walk_the_list(runtime: FakeRuntime) -> None:
    """Arrows and page keys move the choice, tab and the mouse leave the focus in the filter."""
    async with running(runtime) as chat:
        await chat.press("ctrl+s")
        await chat.top(Picker)
        choices = chat.app.screen.query_one("#choices", OptionList)
        await chat.press("down", "down", "up")
        assert choices.highlighted == 1
        await chat.press("pagedown")
        assert choices.highlighted == choices.option_count - 1
        await chat.press("pageup", "tab", *"rust")
        assert (choices.highlighted, choices.option_count) == (0, 1)
        await chat.pilot.click(choices)
        await chat.until(lambda: chat.chat.state.id == "c2")


@pytest.mark.parametrize("actions", [ON_CHAT, ON_SENT, ON_RULES])
def test_no_key_of_a_list_is_typed_or_taken(actions: tuple[KeyAction, ...]) -> None:
    """They are no letters, no keys of a text field that are needed, and none of the whole app."""
    keys = [action.keys for action in actions]
    assert all(key.startswith("ctrl+") for key in keys)
    assert not RESERVED.union({"ctrl+c", "ctrl+p", "ctrl+q", "ctrl+u", "ctrl+w"}).intersection(keys)
    assert len(set(keys)) == len(keys)


async def test_the_keys_of_the_chats_stand_below_the_list(runtime: FakeRuntime) -> None:
    """Each key stands beside its word, on one line, in a small terminal too."""
    async with running(runtime) as chat:
        await chat.press("ctrl+s")
        await chat.top(Picker)
        keys = chat.app.screen.query_one("#keys")
        shown = [strip.text for strip in keys.render_lines(keys.size.region)]
        for action in ON_CHAT:
            assert any(f"{action.keys} {action.label}" in line for line in shown)
