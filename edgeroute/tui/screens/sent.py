"""One request that left this machine: to whom, for what, and the very text of it."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from edgeroute.core.display import safe, safe_line
from edgeroute.core.sent import GONE_WORDS, SentPart, SentText
from edgeroute.engine.admin.sent_document import again, facts
from edgeroute.tui.screens.page import PanelScreen, line, pair, section

_SHOWN: Final = 20_000  # characters of one part; the export holds all of them
Next = Literal["export", "receipt"] | None


class SentScreen(PanelScreen[Next]):
    """The text as it left. What had left before is behind ``a``."""

    TITLE = "As it left this machine"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "everything", show=False),
        Binding("x", "go('export')", show=False),
        Binding("r", "go('receipt')", show=False),
    ]

    def __init__(self, text: SentText) -> None:
        super().__init__(classes="reading broad")
        self._text = text
        self._everything = False
        whole = "a all of it   " if text.known else ""
        self.KEYS = f"{whole}x export   r receipt   up down scroll   esc back"

    def body(self) -> ComposeResult:
        """Facts, then the text."""
        text = self._text
        request = text.request
        for name, value in facts(text, request.chat or request.receipt.conversation):
            yield pair(name, value)
        if text.gone:
            yield line(GONE_WORDS[text.gone], "after")
        if (said := again(text)) and not self._everything:
            yield line(f"{said} a shows it, too.", "after")
        for part in text.parts[0 if self._everything else text.known :]:
            yield section(safe_line(part.label, 60))
            yield _words(part)

    async def action_everything(self) -> None:
        """All of it, or what is new in it alone."""
        self._everything = not self._everything
        await self.recompose()

    def action_go(self, to: Next) -> None:
        """Something else is wanted of this request."""
        self.dismiss(to)


def _words(part: SentPart) -> Static:
    more = len(part.text) - _SHOWN
    rest = f"\n… {more:,} more characters; the export has them." if more > 0 else ""
    return line(Content(safe(part.text[:_SHOWN]) + rest), "plain")
