"""Text from models, providers and files can neither crash the app nor reach the terminal raw."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from textual.app import App

from edgeroute.core.local_models import LocalStatus
from edgeroute.core.messages import assistant, user
from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.widgets.transcript.block import AnswerBlock
from edgeroute.tui.widgets.transcript.body import AnswerBody
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeProvider, FakeRuntime, turn_of

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
CORPUS = (
    "\x1b]52;c;c2VjcmV0\x07 clipboard",
    "\x1b]0;PWNED\x1b\\ title",
    "\x9b31mred\x9d0;x\x9c",
    "[@click=app.quit]quit[/] [link=http://evil]x[/link] [bold",
    "\u202egnp.exe\u2066 bidi",
    "\x1b[2J\x1b[H wiped \x1b",
    "```\n\x1b]0;x\x07\n```\n| a |\n|-|\n| \x1b[31m |",
    "&#27;]0;x&#7; &#x9b;31m <script>x</script>",
    "![x](http://evil/x.png) [y](javascript:alert\x1b[1m)",
)
HOSTILE = st.one_of(
    st.sampled_from(CORPUS),
    st.text(
        st.one_of(
            st.sampled_from("\x1b[]()@=/\\`*_#|<>&;\x07\x9b\x9d\u202e\n \x00"), st.characters()
        ),
        max_size=60,
    ),
)


def cells(app: App[int]) -> str:
    """Every cell on the screen, as text."""
    screen = app.screen
    strips = [s for stacked in app.screen_stack for s in stacked._compositor.render_strips()]
    assert screen.size
    return "\n".join(segment.text for strip in strips for segment in strip)


def clean(app: App[int]) -> None:
    """Nothing on the screen could act on a terminal."""
    found = FORBIDDEN.search(cells(app))
    assert found is None, f"control character {found.group()!r} on the screen"


async def show_everywhere(chat: Driver, text: str) -> None:
    """Put ``text`` into every place that foreign text can reach."""
    runtime = chat.runtime
    row = replace(runtime.conversations.rows["c1"], title=text, latch_reason=text)
    runtime.conversations.rows["c1"] = row
    runtime.local.now = LocalStatus("ready", text, text, "llamacpp")
    runtime.conversations.stored["c1"] = [turn_of((user(text), assistant(text)))]
    await chat.chat.draft.refresh_local()
    await chat.chat.chats.open("c1")
    await chat.pilot.pause()
    clean(chat.app)
    chat.chat.composer.load_text(text)
    chat.app.notify(text, markup=False)
    await chat.chat.page.transcript.begin(text, [text])
    live = chat.chat.page.transcript.live
    assert isinstance(live, AnswerBlock)
    live.progress(text)
    live.think(text)
    await live.fold(text, text, text)
    await live.note(text, text)
    await chat.pilot.pause()
    clean(chat.app)
    await chat.chat.page.transcript.fail(text, text, None)
    await chat.pilot.pause()
    clean(chat.app)


# No shrinking: each example runs a whole app, and a failing text is short as it is.
@settings(
    max_examples=5,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(texts=st.lists(HOSTILE, min_size=2, max_size=3))
async def test_no_text_reaches_the_terminal_raw(texts: list[str]) -> None:
    """Titles, messages, names, notices, errors and file names are clean in every cell."""
    async with running(FakeRuntime()) as chat:
        for text in texts:
            await show_everywhere(chat, text)


async def test_the_known_attacks_are_harmless_everywhere() -> None:
    """The written corpus, one after the other in one app."""
    async with running(FakeRuntime()) as chat:
        for text in CORPUS:
            await show_everywhere(chat, text)


async def test_a_streamed_escape_is_caught_across_pieces(runtime: FakeRuntime) -> None:
    """A sequence that is split over two deltas does not get through."""
    runtime.engine.answer = "one \x1b]0; PWNED \x07 two [bold three"
    async with running(runtime) as chat:
        await chat.send("Explain this")
        clean(chat.app)
        assert "PWNED" not in chat.answers[-1].text
        assert "[bold three" in chat.answers[-1].text


async def test_pasted_escapes_never_enter_the_message_box(runtime: FakeRuntime) -> None:
    """What is shown in the box is what is sent, without control characters."""
    async with running(runtime) as chat:
        chat.chat.composer.insert("a\x1b[31mb\r\nc\x00")
        assert chat.text == "ab\nc"


@pytest.mark.parametrize("key", ["ctrl+s", "f5", "ctrl+l", "ctrl+r"])
async def test_lists_are_clean(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Titles, provider names, model ids and prompts are clean in the pickers too."""
    nasty = " ".join(CORPUS)
    runtime.conversations.rows["c1"] = replace(runtime.conversations.rows["c1"], title=nasty)
    runtime.conversations.stored["c1"] = [turn_of((user(nasty), assistant("x")))]
    provider = FakeProvider("p", nasty, nasty, detail=nasty)
    monkeypatch.setattr(runtime.providers, "status", lambda: [provider])
    cards = dict(runtime.catalog.cards)
    cards[nasty] = replace(next(iter(cards.values())), id=nasty)
    runtime.catalog = replace(runtime.catalog, cards=cards)
    async with running(runtime) as chat:
        await chat.press(key)
        await chat.until(lambda: chat.app.screen is not chat.chat)
        clean(chat.app)


async def test_a_hostile_receipt_is_clean(runtime: FakeRuntime) -> None:
    """Provider error bodies and names in a receipt are shown clean."""
    nasty = " ".join(CORPUS)
    async with running(runtime) as chat:
        await chat.send("Explain this")
        receipt = runtime.receipts.rows["r0001"]
        attempt = replace(receipt.attempts[0], model=nasty, host=nasty, detail=nasty, reason=nasty)
        bad = replace(
            receipt, rule=nasty, why=nasty, model=nasty, notes=(nasty,), attempts=(attempt,)
        )
        chat.app.push_screen(ReceiptScreen(bad))
        await chat.top(ReceiptScreen)
        clean(chat.app)


async def test_a_link_is_shown_not_opened(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link's address stands after its words, and clicking it opens nothing."""
    opened: list[str] = []
    runtime.engine.answer = "see [this](https://example.com/x)"
    async with running(runtime) as chat:
        monkeypatch.setattr(chat.app, "open_url", lambda url, **_: opened.append(url))
        await chat.send("Explain this")
        assert "(https://example.com/x)" in cells(chat.app)
        await chat.pilot.click(AnswerBody, offset=(6, 0))
        assert opened == []
