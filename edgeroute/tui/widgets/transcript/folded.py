"""An answer that was withdrawn: one line, and its text on request."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from edgeroute.core.display import safe, safe_line


class FoldedBlock(Vertical):
    """Says whose answer was withdrawn and why; a click, or ``f`` on the answer, shows it."""

    def __init__(self, model: str, text: str, reason: str) -> None:
        super().__init__()
        self._title = safe_line(f"{model}, withdrawn: {reason}", 120)
        self._text = safe(text)

    def compose(self) -> ComposeResult:
        """The line and the text."""
        yield Static(Content(f"+ {self._title}"), classes="title", markup=False)
        yield Static(Content(self._text), classes="withdrawn", markup=False)

    def on_mount(self) -> None:
        """Begin folded."""
        self.query_one(".withdrawn").display = False

    def on_click(self) -> None:
        """Fold or unfold."""
        self.toggle()

    def toggle(self) -> None:
        """Show or hide the text."""
        body = self.query_one(".withdrawn")
        body.display = not body.display
        sign = "-" if body.display else "+"
        self.query_one(".title", Static).update(Content(f"{sign} {self._title}"))
