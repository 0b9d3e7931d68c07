"""The route strip as it is drawn."""

from __future__ import annotations

import pytest
from textual.geometry import Size

from edgeroute.tui.strip_view import StripView
from edgeroute.tui.widgets.route_strip import _folded
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime

WHY = "Medical and legal questions get the best model, and a second model checks the answer."


async def test_a_long_reason_is_read_whole_at_80_columns(runtime: FakeRuntime) -> None:
    """It goes on below its line, and neither the chat nor the message box moves for it."""
    async with running(runtime, (80, 24)) as chat:
        box = chat.chat.composer.region
        chat.chat.page.strip.view = StripView("cloud", "CLOUD", "openai/gpt-6.1-sol", WHY, "~12")
        await chat.until(lambda: any("~12" in row for row in chat.frame))
        drawn = " ".join(" ".join(chat.frame).split())
        assert f"CLOUD openai/gpt-6.1-sol {WHY} ~12" in drawn
        assert chat.chat.composer.region == box


@pytest.mark.parametrize(("width", "height"), [(40, 3), (60, 3), (80, 3), (200, 3), (80, 1)])
def test_no_line_of_a_reason_is_lost(width: int, height: int) -> None:
    """Whatever the width, it begins with its first word, and ends with the last or a mark."""
    before = " CLOUD   openai/gpt-6.1-sol"
    said = " ".join(_folded(WHY, Size(width, height), before, " " * 9).split())
    assert said == WHY or WHY.startswith(said.rstrip("…"))
    assert said.startswith("Medical")
