"""The text of an answer as one light widget: it looks the same while it is written and after, its
text can be selected with the mouse, and its code and tables can be chosen.
"""

from __future__ import annotations

from time import perf_counter
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.content import Content
from textual.geometry import Size
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.timer import Timer
from textual.widget import Widget

from edgeroute.tui.widgets.transcript.markdown_blocks import Code, MarkdownText, Table
from edgeroute.tui.widgets.transcript.rows import Row, rows_of

# Drawing may take this share of the time at most, however long an answer grows.
_REST: Final = 4
_EMPTY: Final = "(no text)"


class AnswerBody(Widget):
    """Safe Markdown text. ``chosen`` is the number of the chosen code or table, -1 for none."""

    def __init__(self, text: str = "", *, live: bool = False) -> None:
        super().__init__()
        self._markdown = MarkdownText(text)
        self._live = live
        self._pending = ""
        self._timer: Timer | None = None
        self._ready_at = 0.0
        self._laid_width = 0
        self._laid: list[tuple[int, int]] = []  # rows and parts before each block
        self._rows: list[Row] = []
        self._strips: dict[int, Strip] = {}
        self._shifts: dict[int, int] = {}
        self.chosen = -1

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._redraw())

    # What it says

    @property
    def text(self) -> str:
        """All of its text."""
        return self._markdown.text + self._pending

    @property
    def parts(self) -> list[str]:
        """The code blocks and tables, as copying takes them."""
        return [b.copied for b in self._markdown.blocks if isinstance(b, Code | Table)]

    @property
    def codes(self) -> list[str]:
        """The code blocks alone."""
        return [block.copied for block in self._markdown.blocks if isinstance(block, Code)]

    def write(self, piece: str) -> None:
        """Append ``piece``, which is safe text; it is drawn as soon as drawing has had its rest."""
        self._pending += piece
        if self._timer is None and self.is_attached:
            wait = max(0.01, self._ready_at - perf_counter())
            self._timer = self.set_timer(wait, self._draw)

    def _draw(self) -> None:
        self._timer = None
        began = perf_counter()
        piece, self._pending = self._pending, ""
        self._lay_from(self._markdown.append(piece))
        self.refresh(layout=True)
        self._ready_at = perf_counter() + _REST * (perf_counter() - began)

    def finish(self, text: str) -> None:
        """It is whole: ``text``, if there is any, is what stands."""
        if self._timer is not None:
            self._timer.stop()
        self._live = False
        if text and text != self.text:
            self._markdown = MarkdownText(text)
            self._pending = ""
            self._lay_from(0)
            self.refresh(layout=True)
        else:
            self._draw()

    # How it is laid out

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """All there is."""
        del viewport
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as its blocks make at this ``width``."""
        del container, viewport
        if width != self._laid_width:
            self._laid_width = width
            self._lay_from(0)
        return len(self._rows)

    def _lay_from(self, block: int) -> None:
        """Lay out the blocks from number ``block`` on; those before it are as they were."""
        blocks = self._markdown.blocks
        rows, part = self._laid[block] if block < len(self._laid) else (0, 0)
        block = block if block < len(self._laid) else 0
        del self._laid[block:], self._rows[rows:]
        self._strips = {y: strip for y, strip in self._strips.items() if y < rows}
        if not self._laid_width:
            return
        for one in blocks[block:]:
            self._laid.append((len(self._rows), part))
            made = rows_of(one, self._laid_width, part)
            bare = not self._rows and not made[0].text and not made[0].caption
            self._rows += made[1:] if bare else made
            part += isinstance(one, Code | Table)
        if not self._rows and not self._live:
            self._rows.append(Row(_EMPTY, lambda: Content.styled(_EMPTY, "$muted")))

    # How it is drawn

    def render_line(self, y: int) -> Strip:
        """One row."""
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        if y not in self._strips:
            self._strips[y] = self._strip(y, self._rows[y])
        return self._strips[y]

    def _strip(self, y: int, row: Row) -> Strip:
        width, base, content = self.size.width, self.visual_style, self._marked(row)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(y)) is not None:
            start, end = span
            chosen = Style.from_styles(self.screen.get_component_styles("screen--selection"))
            content = content.stylize(chosen, start, len(content.plain) if end < 0 else end)
        if row.code:
            base += Style.parse("on $panel" if row.part == self.chosen else "on $surface")
        pieces = content.render(base, end="", parse_style=_style)
        strip = Strip([Segment(text, style.rich_style) for text, style in pieces])
        strip = strip.apply_offsets(0, y)
        if row.wide:
            shift = self._shifts.get(row.part, 0)
            strip = strip.crop(shift, shift + width)
        return strip.adjust_cell_length(width, base.rich_style)

    def _marked(self, row: Row) -> Content:
        """The row; a chosen code block or table says so in words."""
        if not row.caption or row.part != self.chosen:
            return row.content
        move = "" if row.code or not self._is_wide(row.part) else " · left and right move it"
        return Content.assemble(
            row.before, ("> chosen: ", "bold $accent"), f"{row.text} · y copies it{move}"
        )

    def _is_wide(self, part: int) -> bool:
        return any(row.wide for row in self._rows if row.part == part)

    # How it is chosen

    def choose(self, part: int) -> None:
        """Choose code or table ``part``, -1 for none."""
        self.chosen = part
        self._redraw()

    def rows_of(self, part: int) -> tuple[int, int]:
        """The row in which code or table ``part`` begins, and how many it has."""
        rows = [y for y, row in enumerate(self._rows) if row.part == part]
        return (rows[0], len(rows)) if rows else (0, 0)

    def slide(self, columns: int) -> bool:
        """Move the chosen table sideways; whether it is wider than the page."""
        rows = [row for row in self._rows if row.wide and row.part == self.chosen]
        if not rows:
            return False
        most = max(cell_len(row.before + row.text) for row in rows) - self._laid_width
        now = self._shifts.get(self.chosen, 0)
        self._shifts[self.chosen] = max(0, min(most, now + columns))
        self._redraw()
        return True

    def _redraw(self) -> None:
        self._strips.clear()
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as it was written: without marks, wrapped lines in one."""
        text = ""
        for y, row in enumerate(self._rows):
            span = selection.get_span(y)
            if span is None or row.caption:
                continue
            start, end = (max(0, at - len(row.before)) if at >= 0 else len(row.text) for at in span)
            text += (row.joint if text else "") + row.text[start:end]
        return text, "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what is selected."""
        del selection
        self._redraw()


def _style(named: str | Style) -> Style:
    """A style by what it is called, in the colours of the theme."""
    return Style.parse(named) if isinstance(named, str) else named
