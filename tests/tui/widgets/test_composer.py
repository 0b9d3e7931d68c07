"""The message box under undo: whatever was pasted, the text and the cursor come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from edgeroute.core.verdict import Finding
from edgeroute.tui.widgets.composer import in_line, shifted
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeRuntime

LINES = (2, 11, 13, 40)
SIZES = ((40, 12), (80, 24), (200, 60))


def lines(count: int) -> str:
    """That many lines, every third too long for the box."""
    return "\n".join(f"line {at} " + "and more " * (at % 3 * 20) for at in range(count))


async def paste(chat: Driver, text: str) -> None:
    """Paste into what has the focus, as a terminal does."""
    chat.app.post_message(events.Paste(text))
    await chat.pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_undo_and_redo_of_a_paste(runtime: FakeRuntime, size: tuple[int, int]) -> None:
    """ctrl+z takes a paste of any size back and ctrl+y brings it again, the cursor with it."""
    async with running(runtime, size) as chat:
        composer = chat.chat.composer
        await paste(chat, "so: ")
        for count in LINES:
            text = lines(count)
            await paste(chat, text)
            end = composer.document.end
            await chat.press("ctrl+z")
            assert (chat.text, composer.cursor_location) == ("so: ", (0, 4))
            await chat.press("ctrl+y")
            assert (chat.text, composer.cursor_location) == ("so: " + text, end)
            await chat.press("ctrl+z")
            assert composer.content_size.height <= 3


@pytest.mark.parametrize("size", SIZES)
async def test_undo_and_redo_of_a_cut(runtime: FakeRuntime, size: tuple[int, int]) -> None:
    """Everything that was cut comes back with its selection, and goes again."""
    async with running(runtime, size) as chat:
        composer = chat.chat.composer
        for count in LINES:
            composer.load_text(lines(count))
            composer.select_all()
            selection = composer.selection
            await chat.press("ctrl+x")
            assert chat.text == ""
            await chat.press("ctrl+z")
            assert (chat.text, composer.selection) == (lines(count), selection)
            await chat.press("ctrl+y")
            assert (chat.text, composer.cursor_location) == ("", (0, 0))


async def test_undo_after_a_resize(runtime: FakeRuntime) -> None:
    """The terminal may have become another between a paste and its undo or redo."""
    async with running(runtime, SIZES[-1]) as chat:
        composer = chat.chat.composer
        for count in LINES:
            for size in SIZES:
                await paste(chat, lines(count))
                end = composer.document.end
                await chat.pilot.resize_terminal(*size)
                await chat.press("ctrl+z")
                assert (chat.text, composer.cursor_location) == ("", (0, 0))
                await chat.pilot.resize_terminal(*SIZES[0])
                await chat.press("ctrl+y")
                assert (chat.text, composer.cursor_location) == (lines(count), end)
                await chat.press("ctrl+z")


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=8), st.text(max_size=8))
def test_marks_move_with_their_text(head: str, tail: str, cut: str, put: str) -> None:
    """After any edit, a mark that is left covers the text that it covered."""
    old, new = head + cut + tail, head + put + tail
    spans = [
        Finding("X", a, b, 1.0) for a in range(len(old)) for b in (a + 1, a + 3) if b <= len(old)
    ]
    for span in shifted(spans, old, new):
        assert 0 <= span.start < span.end <= len(new)
        assert new[span.start : span.end] in {old[s.start : s.end] for s in spans}


def test_an_edited_mark_is_gone() -> None:
    """Typing inside a mark removes it; typing before or after does not."""
    span = Finding("X", 5, 10, 1.0)
    assert shifted([span], "mail anna@ ok", "mail anXna@ ok") == ()
    assert shifted([span], "mail anna@ ok", "Xmail anna@ ok") == (Finding("X", 6, 11, 1.0),)
    assert shifted([span], "mail anna@ ok", "mail anna@ okX") == (span,)


def test_a_mark_over_two_lines_has_a_part_in_each() -> None:
    """Columns are clipped to the line."""
    span = [Finding("X", 3, 8, 1.0)]
    assert in_line(span, 0, 5) == [(3, 5)]
    assert in_line(span, 6, 5) == [(0, 2)]
    assert in_line(span, 20, 5) == []
