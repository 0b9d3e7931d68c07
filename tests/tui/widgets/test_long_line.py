"""Long paragraphs of the message box: the same rows as Textual would make, for less."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text
from textual._wrap import compute_wrap_offsets
from textual.strip import Strip
from textual.widgets import TextArea

from edgeroute.core.verdict import Finding
from edgeroute.tui.widgets.long_line import LongLine, common_ends, rewrapped
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime

PIECES = st.lists(
    st.sampled_from(["a", "word", "longer-word", " ", "   ", "界", "x" * 30, "y" * 700]),
    max_size=150,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(text=PIECES, cut=st.tuples(st.floats(0, 1), st.integers(0, 40)), new=PIECES)
def test_an_edit_breaks_rows_where_they_would_break_anyway(
    text: str, cut: tuple[float, int], new: str
) -> None:
    """Whatever is put in or taken out, the breaks are those of the whole text."""
    place, width = int(cut[0] * len(text)), 20
    after = text[:place] + new[:60] + text[place + cut[1] :]
    old = compute_wrap_offsets(text, width, 4)
    assert rewrapped(after, text, old, width) == compute_wrap_offsets(after, width, 4)


@given(old=st.text("ab", max_size=30), new=st.text("ab", max_size=30))
def test_common_ends_do_not_overlap(old: str, new: str) -> None:
    """What two texts share is the same in both, and as long as it can be at the beginning."""
    head, tail = common_ends(old, new)
    assert old[:head] == new[:head]
    assert old[len(old) - tail :] == new[len(new) - tail :]
    assert head + tail <= min(len(old), len(new))
    assert old[head : head + 1] != new[head : head + 1] or head == min(len(old), len(new))


@given(st.lists(st.integers(1, 59), unique=True).map(sorted), st.integers(0, 50))
def test_a_row_looks_as_in_the_whole_line(offsets: list[int], start: int) -> None:
    """The row that is drawn has its text and its marks."""
    line = LongLine("one two " * 8, end="", no_wrap=True)
    line.stylize("bold", start, start + 9)
    whole = Text.divide(line, offsets)
    for at in range(len(offsets) + 1):
        row = line.divide(offsets)[at]
        assert (row.plain, row.spans) == (whole[at].plain, whole[at].spans)


@pytest.mark.parametrize("lines", [1, 40])
async def test_the_box_looks_as_textual_would_draw_it(runtime: FakeRuntime, lines: int) -> None:
    """Typing, moving, selecting, deleting and undoing show what Textual's own box shows."""
    async with running(runtime, (80, 24)) as chat:
        box = chat.chat.composer
        box.put(("Some words with\ta tab in it. " if lines > 1 else "Some words, 界 too. ") * 3)
        box.insert(("\n" if lines > 1 else " ").join(["and more of them"] * 300))
        keys = ["x", "up", "up", "y", "home", "shift+right", "shift+down", "left", "backspace"]
        keys += ["ctrl+z", "pageup", "z", " ", "ctrl+k", "ctrl+z", "ctrl+y", "ctrl+end", "q"]
        for key in keys:
            await chat.press(key)
            box._looks = (box._draw_cursor, box.has_focus, box.size, box.theme, box.rich_style)
            ours = [box.render_line(y) for y in range(box.content_size.height)]
            box._line_cache.clear()
            theirs = [TextArea.render_line(box, y) for y in range(box.content_size.height)]
            assert [row.text for row in ours] == [row.text for row in theirs], key
            assert [list(row) for row in ours] == [list(row) for row in theirs], key
            whole = box.wrapped_document
            before = [whole.get_offsets(at) for at in range(box.document.line_count)]
            whole.wrap(whole._width)
            after = [whole.get_offsets(at) for at in range(box.document.line_count)]
            assert before == after, key


async def test_a_key_draws_the_row_that_it_changes(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end of 20,000 characters with marks in them one row is drawn for a key, not all."""
    drawn: list[int] = []
    draw = TextArea._render_line

    def noted(self: TextArea, y: int) -> Strip:
        drawn.append(y)
        return draw(self, y)

    monkeypatch.setattr(TextArea, "_render_line", noted)
    async with running(runtime, (80, 24)) as chat:
        box = chat.chat.composer
        box.put("Write to somebody about the parcel. " * 555)
        box.spans = tuple(Finding("EMAIL", at, at + 5, 1.0) for at in range(0, 19_000, 80))
        await chat.press("a")
        for _ in range(5):
            drawn.clear()
            await chat.press("b")
            assert len(drawn) <= 3
