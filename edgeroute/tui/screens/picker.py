"""Choosing one of many: type to filter, arrows to move, Enter to take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from edgeroute.core.display import safe_line
from edgeroute.tui.screens.page import PanelScreen


@dataclass(frozen=True, slots=True)
class PickerItem:
    """One choice: its id, how it looks, and the words that filtering reads."""

    id: str
    look: Content
    words: str = ""


@dataclass(frozen=True, slots=True)
class PickerChoice:
    """What was chosen, and the key that was pressed on it (``enter`` or one of the extra keys)."""

    id: str
    key: str = "enter"


Source = Callable[[str], Sequence[PickerItem]]


def filtered(items: Sequence[PickerItem]) -> Source:
    """A source that keeps the items that hold every word typed."""

    def find(typed: str) -> Sequence[PickerItem]:
        words = typed.lower().split()
        return [i for i in items if all(word in (i.words or i.id).lower() for word in words)]

    return find


class Picker(PanelScreen[PickerChoice | None]):
    """A filter and a list. With extra ``keys`` (letter -> meaning) the list has the focus first,
    so that letters act; ``/`` goes to the filter.
    """

    def __init__(
        self,
        title: str,
        source: Source,
        *,
        placeholder: str = "type to filter",
        keys: Mapping[str, str] | None = None,
        empty: str = "Nothing found.",
        value: str = "",
    ) -> None:
        super().__init__(classes="picker")
        self._title, self._source, self._empty = title, source, empty
        self._placeholder, self._value = placeholder, value
        self._extra = dict(keys or {})
        filter_key = {"/": "filter"} if self._extra else {}
        words = {"enter": "open", **self._extra, **filter_key, "esc": "close"}
        self.KEYS = "   ".join(f"{key} {word}" for key, word in words.items())

    def heading(self) -> str:
        """What is chosen."""
        return self._title

    def body(self) -> ComposeResult:
        """The filter, the list, and what is said when it is empty."""
        yield Input(safe_line(self._value), placeholder=self._placeholder, id="filter")
        yield OptionList(id="choices", markup=False)
        yield Static(Content(self._empty), id="empty", markup=False)

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill(self._value)
        if self._extra:
            self.query_one("#choices").focus()

    def _fill(self, typed: str) -> None:
        choices = self.query_one("#choices", OptionList)
        items = self._source(typed)
        choices.clear_options()
        choices.add_options([Option(item.look, id=item.id) for item in items])
        choices.highlighted = 0 if items else None
        choices.display = bool(items)
        self.query_one("#empty").display = not items

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter."""
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Take what is highlighted."""
        self._take("enter")

    def on_option_list_option_selected(self) -> None:
        """Take what is highlighted."""
        self._take("enter")

    def _take(self, key: str) -> None:
        choices = self.query_one("#choices", OptionList)
        if choices.highlighted is not None:
            option = choices.get_option_at_index(choices.highlighted)
            self.dismiss(PickerChoice(str(option.id), key))

    def on_key(self, event: events.Key) -> None:
        """Arrows move the list from the filter; extra keys act on the list."""
        choices = self.query_one("#choices", OptionList)
        in_filter = self.query_one("#filter").has_focus
        if in_filter and event.key in {"up", "down"}:
            event.stop()
            (choices.action_cursor_up if event.key == "up" else choices.action_cursor_down)()
        elif not in_filter and event.key in self._extra:
            event.stop()
            self._take(event.key)
        elif not in_filter and event.character == "/":
            event.stop()
            event.prevent_default()
            self.query_one("#filter").focus()
