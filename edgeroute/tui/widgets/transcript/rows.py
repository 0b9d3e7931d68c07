"""Blocks of Markdown as rows of a given width. Pure.

Prose is at most 100 columns wide, code is folded with a mark, and a table that does not fit its
columns' least widths is as wide as it must be: whoever draws it shows a part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from textual.content import Content

from edgeroute.core.words import plural
from edgeroute.tui.widgets.transcript.markdown_blocks import (
    Align,
    Block,
    Code,
    Prose,
    Table,
)

PROSE_WIDTH: Final = 100
_LEAST_COLUMN: Final = 14
_BETWEEN: Final = " │ "
_FOLDED: Final = "↳ "
_CHUNK: Final = 80  # lines of code that are coloured together


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what stands before it (never copied), its text, and how it looks.

    ``joint`` is what copying puts before it: a line break, or what wrapping took away. ``part`` is
    the number of the code or table that it belongs to, -1 for none; ``code`` that it is code;
    ``caption`` that it is no text of the answer; ``wide`` that it may be wider than the page.
    """

    text: str
    draw: Callable[[], Content]
    before: str = ""
    joint: str = "\n"
    part: int = -1
    code: bool = False
    caption: bool = False
    wide: bool = False

    @property
    def content(self) -> Content:
        """The row as it is drawn."""
        return Content.assemble((self.before, "$muted"), self.draw())


def rows_of(block: Block, width: int, part: int) -> list[Row]:
    """The rows of ``block``, the ``part``-th code or table, for ``width`` cells."""
    gap = [Row("", Content)] if block.gap else []
    if isinstance(block, Prose):
        return [*gap, *_prose(block, min(width, PROSE_WIDTH))]
    if isinstance(block, Code):
        return [*gap, *_code(block, width, part)]
    if isinstance(block, Table):
        return list(_table(block, width, part))  # its caption is the line that is free above it
    return [*gap, _plain(Content.styled("─" * min(width, PROSE_WIDTH), "$line"))]


def _plain(content: Content, **values: object) -> Row:
    return Row(content.plain, lambda: content, **values)  # type: ignore[arg-type]


def _prose(block: Prose, width: int) -> Iterator[Row]:
    room = max(8, width - cell_len(block.rest))
    before = block.first
    for line in block.words.split(allow_blank=True):
        for joint, piece in wrapped(line, room):
            yield _plain(piece, before=before, joint=joint)
            before = block.rest


def wrapped(line: Content, width: int) -> Iterator[tuple[str, Content]]:
    """The pieces that ``line`` wraps into, each with what wrapping took away before it."""
    text, at = line.plain, 0
    for number, piece in enumerate(line.expand_tabs().wrap(width)):
        start = text.find(piece.plain, at)
        taken = text[at:start] if start >= 0 else " "
        yield "\n" if number == 0 else taken, piece
        at = max(at, start) + len(piece.plain)


def _code(block: Code, width: int, part: int) -> Iterator[Row]:
    """A caption, and the lines; one that is too long goes on below, behind a mark."""
    room = max(8, width - cell_len(block.indent) - 4)
    lines = block.text.expandtabs(4).split("\n")
    name = block.language or "code"
    caption = f"{name} · {plural(len(lines), 'line')}" if len(lines) > 1 else name
    edge = f"{block.indent}  "
    yield _plain(Content.styled(caption, "$muted"), before=edge, part=part, code=True, caption=True)
    for number, line in enumerate(lines):
        start = 0
        for piece in Content(line).fold(room):
            end = start + len(piece.plain)

            def draw(number: int = number, start: int = start, end: int = end) -> Content:
                chunk, place = divmod(number, _CHUNK)
                text = "\n".join(lines[chunk * _CHUNK : (chunk + 1) * _CHUNK])
                return coloured(text, block.language)[place][start:end]

            before, joint = (edge + _FOLDED, "") if start else (edge, "\n")
            yield Row(piece.plain, draw, before, joint, part, code=True)
            start = end


@lru_cache(256)
def coloured(code: str, language: str) -> tuple[Content, ...]:
    """The lines of ``code`` in the colours of ``language``, as far as that is known."""
    from textual.highlight import highlight  # noqa: PLC0415 - brings Pygments; not before any code

    drawn = highlight(code, language=language or "text", tab_size=4)
    # What is underlined is personal: Textual underlines the names of functions, too.
    calm = [s._replace(style=str(s.style).replace("underline", "").strip()) for s in drawn.spans]
    lines = Content(drawn.plain, calm).split("\n", allow_blank=True)
    plain = [Content(line) for line in code.split("\n")]
    same = len(lines) >= len(plain) and all(
        a.plain == b.plain for a, b in zip(lines, plain, strict=False)
    )
    return tuple(lines) if same else tuple(plain)


def _table(block: Table, width: int, part: int) -> Iterator[Row]:
    """The header, a line, the rows; cells wrap where the columns must be narrower."""
    columns = range(max(len(row) for row in block.rows))
    cells = [[row[n] if n < len(row) else Content() for n in columns] for row in block.rows]
    natural = [max(1, *(_width(row[n]) for row in cells)) for n in columns]
    room = width - cell_len(block.indent) - len(_BETWEEN) * (len(natural) - 1)
    widths = column_widths(natural, room)
    whole = sum(widths) + len(_BETWEEN) * (len(widths) - 1)
    wide = whole > width - cell_len(block.indent)
    line = "─┼─".join("─" * each for each in widths)
    drawn = [
        list(_table_row(row, widths, block.aligns, bold=at == 0)) for at, row in enumerate(cells)
    ]
    apart = any(len(lines) > 1 for lines in drawn[1:])
    name = f"table · {plural(len(widths), 'column')}, {plural(len(drawn) - 1, 'row')}"
    shown = f"{name}, wider than the page: alt+up chooses it, left and right move it"
    yield Row(
        name,
        lambda: Content.styled(shown if wide else "", "$muted"),
        block.indent,
        part=part,
        caption=True,
    )
    for at, lines in enumerate(drawn):
        if at == 1 or (at > 1 and apart):
            ruled = Content.styled(line, "$line")
            yield _plain(ruled, before=block.indent, part=part, wide=wide)
        for content in lines:
            yield _plain(content, before=block.indent, part=part, wide=wide)


def _width(cell: Content) -> int:
    return max(cell_len(line) for line in cell.plain.split("\n"))


def column_widths(natural: Sequence[int], room: int) -> list[int]:
    """Widths for columns that would like ``natural``: the widest give way, down to a least one."""
    widths = list(natural)
    excess = sum(widths) - room
    while excess > 0:
        most = max(widths)
        second = max((w for w in widths if w < most), default=0)
        widest = [n for n, w in enumerate(widths) if w == most]
        floor = max(second, _LEAST_COLUMN)
        if most <= floor:
            break
        share = max(1, min(most - floor, -(-excess // len(widest))))
        for n in widest:
            widths[n] -= min(share, excess)
            excess = sum(widths) - room
            if excess <= 0:
                break
    return widths


def _table_row(
    cells: Sequence[Content], widths: Sequence[int], aligns: Sequence[Align], *, bold: bool
) -> Iterator[Content]:
    columns = [cell.wrap(width) or [Content()] for cell, width in zip(cells, widths, strict=True)]
    for at in range(max(len(lines) for lines in columns)):
        pieces = []
        for n, (lines, width) in enumerate(zip(columns, widths, strict=True)):
            piece = lines[at] if at < len(lines) else Content()
            piece = piece.stylize("bold") if bold else piece
            pieces.append(_aligned(piece, width, aligns[n] if n < len(aligns) else "left"))
        yield Content.styled(_BETWEEN, "$line").join(pieces).rstrip()


def _aligned(piece: Content, width: int, align: Align) -> Content:
    free = max(0, width - piece.cell_length)
    left = {"left": 0, "center": free // 2, "right": free}[align]
    return piece.pad(left, free - left)
