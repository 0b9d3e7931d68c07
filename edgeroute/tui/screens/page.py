"""The frame that every screen over the chat shares: a panel with a title, a body and its keys."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from edgeroute.core.display import safe_line

Result = TypeVar("Result")


class PanelScreen(ModalScreen[Result]):
    """A panel over the chat; Esc closes it. ``heading`` is the class's ``TITLE`` by default.

    What is longer than the terminal scrolls, and the keys stay in view. A panel of the class
    ``reading`` is scrolled by the keys at once.
    """

    CSS_PATH = "page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "close", show=False)]
    TITLE = ""
    KEYS = "esc close"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares a list
        (0, "-tight"),
        (60, "-narrow"),
        (100, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares a list
        (0, "-short"),
        (30, "-tall"),
    ]

    def __init__(self, heading: str = "", *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._heading = heading or self.TITLE or ""

    def compose(self) -> ComposeResult:
        """Title, body, keys."""
        with Vertical(id="panel"):
            yield Static(Content(safe_line(self._heading, 100)), id="heading", markup=False)
            with VerticalScroll(id="middle", can_focus=self.has_class("reading")):
                yield from self.body()
            yield from self.below()
            yield Static(Content(self.KEYS), id="keys", markup=False)

    @abstractmethod
    def body(self) -> ComposeResult:
        """What stands between title and keys."""

    def below(self) -> ComposeResult:
        """What stays in view between body and keys, such as what came of an action."""
        return ()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """A list is as long as it is: keep the chosen line of it in view."""
        middle, choices = self.query_one("#middle"), event.option_list
        at = choices.virtual_region.y + event.option_index
        self.call_after_refresh(middle.scroll_to_region, Region(0, at, 1, 1), animate=False)

    def action_close(self) -> None:
        """Close without a result."""
        self.dismiss(None)


def section(title: str) -> Static:
    """A heading inside a panel."""
    return Static(Content(title), classes="section", markup=False)


def line(text: Content | str, classes: str = "") -> Static:
    """A line inside a panel; foreign text must be safe already."""
    return Static(
        text if isinstance(text, Content) else Content(text), classes=classes, markup=False
    )


def pair(name: str, value: str, style: str = "") -> Horizontal:
    """A name and its value, which keeps to its column where it is long."""
    return Horizontal(
        line(name, "name"), line(Content.styled(value, style), "value"), classes="pair"
    )
