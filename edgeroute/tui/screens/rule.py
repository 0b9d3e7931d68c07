"""A rule in full, as `edgeroute rules explain` tells it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content

from edgeroute.core.display import safe
from edgeroute.tui.screens.page import PanelScreen, line


class RuleScreen(PanelScreen[None]):
    """``text`` is Markdown, shown as it is written."""

    KEYS = "up down scroll   esc back"

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(f"Rule {rule}", classes="reading")
        self._text = text

    def body(self) -> ComposeResult:
        """The text."""
        yield line(Content(safe(self._text)))
