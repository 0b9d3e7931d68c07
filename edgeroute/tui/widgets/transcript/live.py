"""The answer that is being written: one Markdown widget fed in pieces."""

from __future__ import annotations

from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownStream


class LiveBody(Markdown):
    """Real Markdown: selectable, with code blocks as widgets. Links stay inert."""

    BULLETS = ["• ", "◦ ", "- ", "• ", "◦ "]  # noqa: RUF012 - Textual declares a list

    def __init__(self, text: str = "") -> None:
        super().__init__(text, open_links=False)
        self._stream: MarkdownStream | None = None

    async def write(self, piece: str) -> None:
        """Append ``piece``, which is safe text."""
        if self._stream is None:
            self._stream = Markdown.get_stream(self)
        await self._stream.write(piece)

    async def finish(self) -> None:
        """Draw what is still under way."""
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None

    async def on_unmount(self) -> None:
        """A body that goes away while it is written lets its stream go."""
        await self.finish()
