"""Rows of an answer: nothing is lost, and nothing is wider than it may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from edgeroute.tui.widgets.transcript.markdown_blocks import Code, MarkdownText, Table
from edgeroute.tui.widgets.transcript.rows import PROSE_WIDTH, Row, column_widths, rows_of

WORDS = st.text(st.sampled_from("ab漢 é\n"), max_size=200)


def laid(text: str, width: int) -> list[Row]:
    """All rows of ``text``."""
    return [row for block in MarkdownText(text).blocks for row in rows_of(block, width, 0)]


@given(WORDS, st.integers(12, 160))
def test_prose_and_code_fit_their_width(text: str, width: int) -> None:
    """Prose takes 100 columns at most, code the page; what is drawn is what is copied."""
    for row in laid(text, width):
        assert cell_len(row.content.plain) <= min(width, PROSE_WIDTH) + 1
    for row in rows_of(Code(text.replace("\n", " "), "py"), width, 0):
        assert cell_len(row.content.plain) <= width
        assert row.caption or row.content.plain == row.before + row.text


@given(st.text(st.sampled_from("abc =()'"), min_size=1, max_size=300), st.integers(20, 90))
def test_folded_code_is_copied_as_it_was(line: str, width: int) -> None:
    """The pieces of a line, joined as copying joins them, are the line; each but the first has a
    mark before it.
    """
    rows = [row for row in rows_of(Code(line), width, 0) if row.part == 0 and not row.caption]
    assert "".join(row.joint + row.text for row in rows).removeprefix("\n") == line
    assert all(("↳" in row.before) is (at > 0) for at, row in enumerate(rows))


@given(st.lists(st.integers(1, 80), min_size=1, max_size=9), st.integers(10, 200))
def test_columns_give_way_from_the_widest(natural: list[int], room: int) -> None:
    """They never grow, fit wherever least widths do, and only what is above the least shrinks."""
    widths = column_widths(natural, room)
    assert all(w <= n for w, n in zip(widths, natural, strict=True))
    assert all(w >= min(n, 14) for w, n in zip(widths, natural, strict=True))
    if sum(min(n, 14) for n in natural) <= room:
        assert sum(widths) <= max(room, 0) or sum(natural) <= room


def test_a_table_is_wide_only_where_it_must_be() -> None:
    """Cells wrap first; with too many columns for that, the caption says so."""
    few = "| a | b |\n|---|---|\n| " + "word " * 30 + "| x |\n"
    assert not any(row.wide for row in laid(few, 60))
    many = "|" + " column name |" * 9 + "\n|" + "---|" * 9 + "\n"
    rows = laid(many, 60)
    assert any(row.wide for row in rows)
    assert "wider than the page" in rows[0].content.plain
    assert all(isinstance(block, Table) for block in MarkdownText(many).blocks)
