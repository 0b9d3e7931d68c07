"""A finished answer as one light widget: a tenth of the cost of real Markdown."""

from __future__ import annotations

from typing import ClassVar

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement, TableElement
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from textual.widgets import Static


class _CalmHeading(Heading):
    """A heading at the left, without a frame."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console, options
        self.text.justify = "left"
        yield self.text


class _CalmCode(CodeBlock):
    """Code on the ground of the page, set in by two columns."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console, options
        code = str(self.text).rstrip()
        syntax = Syntax(
            code, self.lexer_name, theme=self.theme, word_wrap=True, background_color="default"
        )
        yield Padding(syntax, (1, 2, 0, 2))


class _CalmTable(TableElement):
    """A table with hair lines."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                table.box = box.SIMPLE_HEAD
                table.pad_edge = False
            yield table


class CalmMarkdown(Markdown):
    """Rich's Markdown in the style of the live one."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _CalmHeading,
        "fence": _CalmCode,
        "code_block": _CalmCode,
        "table_open": _CalmTable,
    }


class FrozenBody(Static):
    """Draws safe Markdown text once and keeps the lines."""

    def __init__(self, text: str) -> None:
        super().__init__(markup=False)
        self._text = text

    def on_mount(self) -> None:
        """Draw in the colours of the theme, which is known only now."""
        self.draw()
        self.app.theme_changed_signal.subscribe(self, lambda _: self.draw())

    def draw(self) -> None:
        """Draw the text."""
        theme = "github-dark" if self.app.current_theme.dark else "friendly"
        self.update(
            CalmMarkdown(self._text, code_theme=theme, hyperlinks=False)
            if self._text.strip()
            else Text("(no text)", style="dim")
        )
