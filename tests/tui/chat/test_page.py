"""The check behind the route strip, and what the page shows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from edgeroute.core.conversation import Conversation
from edgeroute.core.verdict import PrivacyMode
from tests.tui.driver import running
from tests.tui.fake_runtime import CLOUD, LOCAL, SPARE, FakeRuntime


async def test_the_strip_says_where_and_why_before_sending(runtime: FakeRuntime) -> None:
    """Where, why, tokens, cost and what comes after a failure, and nothing was sent."""
    async with running(runtime) as chat:
        await chat.type("Explain how a hash table works")
        assert "CLOUD" in chat.strip
        assert CLOUD in chat.strip
        assert "rule explain" in chat.strip
        assert "~19 tokens" in chat.strip
        assert "~$0.0061" in chat.strip
        assert f"if it fails: {SPARE}" in chat.strip
        assert runtime.engine.requests == []


async def test_personal_data_is_marked_and_keeps_the_message_here(runtime: FakeRuntime) -> None:
    """Each hit is a span in the message box; the strip says LOCAL, what was found, what else."""
    async with running(runtime) as chat:
        text = "Write to Anna Berg (anna@example.com)"
        await chat.type(text)
        spans = [text[s.start : s.end] for s in chat.chat.composer.spans]
        assert spans == ["Anna Berg", "anna@example.com"]
        assert "LOCAL" in chat.strip
        assert LOCAL in chat.strip
        assert "found name, e-mail in this message" in chat.strip
        assert f"would be {CLOUD}" in chat.strip
        assert "2 personal details" in str(chat.chat.composer.border_subtitle)


async def test_masked_text_says_how_it_leaves(runtime: FakeRuntime) -> None:
    """In MASK mode the strip and the message box speak of placeholders."""
    runtime.new_mode = PrivacyMode.MASK
    async with running(runtime) as chat:
        await chat.type("mail anna@example.com")
        assert "MASKED" in chat.strip
        assert "placeholders for e-mail" in chat.strip
        assert "placeholders" in str(chat.chat.composer.border_subtitle)


async def test_earlier_messages_count(runtime: FakeRuntime) -> None:
    """A harmless message after a private one names the message that forces it."""
    async with running(runtime) as chat:
        await chat.send("mail anna@example.com")
        await chat.type("and now something else")
        assert "LOCAL" in chat.strip
        assert "forced by message 1" in chat.strip


async def test_a_local_model_that_is_missing_blocks_private_text(runtime: FakeRuntime) -> None:
    """BLOCKED is said before sending, not after."""
    runtime.local.now = replace(runtime.local.now, state="missing")
    async with running(runtime) as chat:
        await chat.until(lambda: chat.chat.draft.local_state == "missing")
        await chat.type("mail anna@example.com")
        assert "BLOCKED" in chat.strip
        assert "no local model" in chat.strip


async def test_typing_marks_the_strip_as_behind(runtime: FakeRuntime) -> None:
    """Between key press and verdict the strip does not pretend to know."""
    async with running(runtime) as chat:
        await chat.type("Explain this")
        runtime.engine.check_gate = asyncio.Event()
        await chat.press("x")
        assert chat.chat.page.strip.view.stale
        assert "checking" in chat.strip
        runtime.engine.check_gate.set()
        await chat.checked()
        assert not chat.chat.page.strip.view.stale


async def test_only_the_last_text_is_checked(runtime: FakeRuntime) -> None:
    """Ten quick keys ask the engine once."""
    async with running(runtime) as chat:
        before = runtime.engine.explained
        await chat.press(*"abcdefghij")
        await chat.checked()
        assert runtime.engine.explained == before + 1


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


@pytest.mark.parametrize(
    ("size", "sidebar", "strip"),
    [((120, 36), 28, 2), ((80, 24), 0, 2), ((80, 16), 0, 1), ((50, 12), 0, 1)],
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
