"""Panels: whatever they hold, their keys are in view on a terminal of 80 by 24."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.geometry import Region
from textual.widgets import OptionList

from edgeroute.tui.screens.page import PanelScreen
from edgeroute.tui.screens.plan import PlanScreen
from tests.tui import states
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeRuntime


def inside(chat: Driver) -> bool:
    """Whether title and keys are all on the screen."""
    screen = chat.app.screen
    whole = Region(0, 0, *screen.size)
    return all(
        whole.contains_region(screen.query_one(f"#{name}").region) for name in ("heading", "keys")
    )


@pytest.mark.parametrize("state", states.PANELS, ids=lambda state: state.__name__)
@pytest.mark.parametrize("size", [(80, 24), (60, 15)], ids=str)
async def test_the_keys_of_every_panel_are_in_view(
    runtime: FakeRuntime, state: Callable[[Driver], Awaitable[None]], size: tuple[int, int]
) -> None:
    """On small terminals too: what is longer scrolls."""
    async with running(runtime, size) as chat:
        await state(chat)
        assert isinstance(chat.app.screen, PanelScreen)
        await chat.until(lambda: inside(chat))


async def test_the_chosen_line_of_a_long_list_is_in_view(runtime: FakeRuntime) -> None:
    """Also where the list stands below other things."""
    async with running(runtime, (80, 16)) as chat:
        await states.planned(chat)
        await chat.top(PlanScreen)
        choices = chat.app.screen.query_one(OptionList)
        await chat.press("end")
        line = choices.region.y + (choices.highlighted or 0)
        middle = chat.app.screen.query_one("#middle").region
        assert middle.y <= line < middle.bottom


async def test_the_help_breaks_no_word_in_a_tiny_terminal(runtime: FakeRuntime) -> None:
    """What a key does stands below it where there is no room beside it."""
    async with running(runtime, (40, 12)) as chat:
        await states.helped(chat)
        assert any("Send, once it is checked" in row for row in chat.frame)
