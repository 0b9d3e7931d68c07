"""What the page shows, at every size."""

from __future__ import annotations

import pytest

from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


@pytest.mark.parametrize(
    ("size", "sidebar", "strip"),
    [((120, 36), 28, 3), ((80, 24), 0, 3), ((80, 16), 0, 1), ((50, 12), 0, 1)],
)
async def test_small_terminals_keep_what_matters(
    runtime: FakeRuntime, size: tuple[int, int], sidebar: int, strip: int
) -> None:
    """Side pane and air go first; strip and message box are always on the screen."""
    async with running(runtime, size) as chat:
        await chat.type("Explain this")
        assert chat.chat.page.sidebar.region.width == sidebar
        assert chat.chat.page.strip.region.height == strip
        assert chat.chat.composer.region.height >= 1
        assert chat.chat.composer.region.bottom <= size[1]
        assert chat.chat.page.transcript.region.height >= 3


async def test_the_header_shows_the_local_model_and_the_money(runtime: FakeRuntime) -> None:
    """Local model, today's cost and the day's limit stand in the first line."""
    async with running(runtime) as chat:
        await chat.until(lambda: "ready" in chat.words("#local"))
        assert chat.words("#money") == "today $0.42 of $5.00"
        assert "AUTO" in chat.words("#badge")


async def test_no_colour_keeps_every_word(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With NO_COLOR the strip says the same words."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(runtime) as chat:
        await chat.type("mail anna@example.com")
        assert "LOCAL" in chat.strip
        assert "found e-mail" in chat.strip
        assert chat.app.no_color


async def test_a_chat_latches_with_its_first_private_message(runtime: FakeRuntime) -> None:
    """After personal data the header says that the chat stays local."""
    async with running(runtime) as chat:
        await chat.send("mail anna@example.com")
        await chat.until(lambda: "STAYS LOCAL" in chat.words("#badge"))


async def test_the_chat_scrolls_from_the_message_box(runtime: FakeRuntime) -> None:
    """Page keys and ctrl+home, ctrl+end move the chat while one writes, and the draft stays; a
    draft that is longer than its box is paged itself.
    """
    async with running(runtime, (80, 24)) as chat:
        for number in range(6):
            await chat.send(f"Question {number} about sorting and hashing")
        await chat.type("a draft")
        view = chat.chat.page.transcript
        await chat.until(lambda: view.scroll_y > 0)
        bottom = view.scroll_y
        await chat.press("pageup")
        await chat.until(lambda: view.scroll_y < bottom)
        await chat.press("ctrl+home")
        await chat.until(lambda: view.scroll_y == 0)
        await chat.press("pagedown")
        await chat.until(lambda: view.scroll_y > 0)
        await chat.press("ctrl+end")
        await chat.until(lambda: view.scroll_y == view.max_scroll_y)
        assert chat.chat.composer.has_focus
        assert chat.chat.composer.text == "a draft"
        chat.chat.composer.put("line\n" * 60)
        await chat.until(lambda: chat.chat.composer.max_scroll_y > 0)
        row = chat.chat.composer.cursor_location[0]
        await chat.press("pageup")
        assert chat.chat.composer.cursor_location[0] < row
        assert view.scroll_y == view.max_scroll_y
