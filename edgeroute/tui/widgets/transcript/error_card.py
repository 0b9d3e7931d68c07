"""The card that stands where an answer failed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from edgeroute.core.display import safe_line
from edgeroute.core.receipt import Receipt


class ErrorCard(Vertical):
    """What failed and what can be done about it."""

    BUTTONS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("again", "Try again"),
        ("again_local", "Try here only"),
        ("copy_error", "Copy details"),
    )

    class Pressed(Message):
        """A button of the card was pressed."""

        def __init__(self, action: str, details: str) -> None:
            super().__init__()
            self.action, self.details = action, details

    def __init__(self, message: str, hint: str, receipt: Receipt | None) -> None:
        super().__init__()
        self._message = safe_line(message, 400)
        self._hint = safe_line(hint, 400)
        self.receipt = receipt

    @property
    def tried(self) -> list[str]:
        """One line for each attempt that the message does not tell of already."""
        attempts = self.receipt.attempts if self.receipt else ()
        return [
            safe_line(f"{a.model}: {a.error or a.outcome} {a.detail}".strip(), 160)
            for a in attempts
            if not a.detail or safe_line(a.detail) not in self._message
        ]

    @property
    def details(self) -> str:
        """Everything, as text."""
        receipt = f"receipt {self.receipt.id}" if self.receipt else ""
        return "\n".join(filter(None, [self._message, self._hint, *self.tried, receipt]))

    def compose(self) -> ComposeResult:
        """The sentence, what was tried, what to do next, the buttons."""
        yield Static(Content(self._message), classes="title", markup=False)
        for line in self.tried:
            yield Static(Content(f"tried {line}"), classes="tried", markup=False)
        if self._hint:
            yield Static(Content(self._hint), classes="hint", markup=False)
        with Horizontal(classes="buttons"):
            for action, label in self.BUTTONS:
                yield Button(label, name=action, compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Hand the choice on."""
        event.stop()
        self.post_message(self.Pressed(event.button.name or "", self.details))
