"""Small questions: yes or no, and one line of text."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from edgeroute.core.display import safe, safe_line
from edgeroute.tui.screens.page import PanelScreen

_LONGEST: Final = 20_000  # characters of a value that is to be changed: none may be lost


class Confirm(PanelScreen[bool]):
    """A question that is answered with y or n; Esc is no."""

    KEYS = "y yes   n no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n", "answer(False)", show=False),
    ]

    def __init__(self, title: str, text: str, yes: str) -> None:
        super().__init__(title, classes="dialog")
        self._text, self._yes = text, yes

    def body(self) -> ComposeResult:
        """What it means, and two buttons."""
        yield Static(Content(safe(self._text)), markup=False, classes="paragraph")
        with Horizontal(classes="buttons"):
            yield Button("Cancel", id="no", compact=True)
            yield Button(self._yes, id="yes", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is an answer."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001 - Textual passes positions
        """A key is an answer."""
        self.dismiss(answer)

    def action_close(self) -> None:
        """No."""
        self.dismiss(result=False)


class AskDialog(PanelScreen[str | None]):
    """One line of text; ``secret`` hides it."""

    KEYS = "enter done   esc cancel"

    def __init__(
        self, title: str, text: str = "", *, value: str = "", secret: bool = False
    ) -> None:
        super().__init__(title, classes="dialog")
        self._text, self._value, self._secret = text, value, secret

    def body(self) -> ComposeResult:
        """An explanation and the input."""
        if self._text:
            yield Static(Content(safe(self._text)), markup=False, classes="paragraph")
        yield Input(safe_line(self._value, _LONGEST), password=self._secret)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Done."""
        self.dismiss(event.value.strip())
