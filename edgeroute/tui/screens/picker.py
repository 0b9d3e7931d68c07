"""Choosing one of many: type to filter, arrows to move, Enter to take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from textual import events, on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from edgeroute.core.display import safe_line
from edgeroute.core.errors import EdgeRouteError
from edgeroute.tui.keymap import KeyAction, shown
from edgeroute.tui.screens.page import PanelScreen


@dataclass(frozen=True, slots=True)
class PickerItem:
    """One choice: its id, how it looks, and the words that filtering reads."""

    id: str
    look: Content
    words: str = ""


@dataclass(frozen=True, slots=True)
class PickerChoice:
    """What was chosen, and what is to be done with it: ``open`` or what an extra key says."""

    id: str
    act: str = "open"


Source = Callable[[str], Sequence[PickerItem]]
Take = Callable[[PickerChoice], Awaitable[str]]


def filtered(items: Sequence[PickerItem]) -> Source:
    """A source that keeps the items that hold every word typed."""

    def find(typed: str) -> Sequence[PickerItem]:
        words = typed.lower().split()
        return [i for i in items if all(word in (i.words or i.id).lower() for word in words)]

    return find


class Picker(PanelScreen[PickerChoice | None]):
    """A filter and a list. What is typed always goes to the filter; the keys of ``extra`` act on
    the choice that is highlighted. With ``take`` it stays open for the next choice, and shows the
    sentence that ``take`` returns; ``about`` says more of the choice that is highlighted.
    """

    def __init__(
        self,
        title: str,
        source: Source,
        *,
        placeholder: str = "type to filter",
        extra: Sequence[KeyAction] = (),
        empty: str = "Nothing found.",
        value: str = "",
        take: Take | None = None,
        about: Callable[[str], str] | None = None,
        verb: str = "open",
    ) -> None:
        super().__init__(title, classes="picker" if take is None else "picker broad")
        self._take, self._about = take, about
        self._source, self._empty = source, empty
        self._placeholder, self._value = placeholder, value
        # Before the filter's own keys: ctrl+d and ctrl+x mean something to every text field.
        for action in extra:
            self._bindings.bind(action.keys, action.action, priority=True)
        words = [f"enter {verb}", *(f"{shown(a.keys)} {a.label}" for a in extra), "esc close"]
        # Four to a line: a key is never parted from its word, at 80 columns either.
        self.KEYS = "\n".join("   ".join(row) for row in (words[:4], words[4:]) if row)

    def body(self) -> ComposeResult:
        """The filter, the list, and what is said when it is empty."""
        yield Input(safe_line(self._value), placeholder=self._placeholder, id="filter")
        choices = OptionList(id="choices", markup=False)
        choices.can_focus = False
        yield choices
        yield Static(Content(self._empty), id="empty", markup=False)

    def below(self) -> ComposeResult:
        """More of the choice, and what came of the last one."""
        if self._about is not None:
            yield Static("", id="about", markup=False)
        if self._take is not None:
            yield Static("", id="result", markup=False)

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill(self._value)

    @property
    def chosen(self) -> str:
        """The id of what is highlighted; empty where nothing is."""
        choices = self.query_one("#choices", OptionList)
        if choices.highlighted is None:
            return ""
        return str(choices.get_option_at_index(choices.highlighted).id)

    @on(OptionList.OptionHighlighted)
    def describe(self) -> None:
        """Say more of it."""
        if self._about is not None:
            text = self._about(self.chosen) if self.chosen else ""
            self.query_one("#about", Static).update(Content(safe_line(text, 400)))

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
        self.action_take("open")

    def on_option_list_option_selected(self) -> None:
        """Take what is highlighted."""
        self.action_take("open")

    def action_take(self, act: str) -> None:
        """Take what is highlighted, to ``act`` on it."""
        if not self.chosen:
            return
        choice = PickerChoice(self.chosen, act)
        if self._take is None:
            self.dismiss(choice)
        else:
            self._stay(self._take, choice)

    @work(exclusive=True)
    async def _stay(self, take: Take, choice: PickerChoice) -> None:
        """Do it, say what came of it, and show the list as it is by then, at the same place."""
        try:
            said = await take(choice)
        except EdgeRouteError as error:
            said = str(error)
        choices = self.query_one("#choices", OptionList)
        at = choices.highlighted
        self._fill(self.query_one("#filter", Input).value)
        if at is not None and choices.option_count:
            choices.highlighted = min(at, choices.option_count - 1)
        self.query_one("#result", Static).update(Content(safe_line(said, 400)))

    def on_key(self, event: events.Key) -> None:
        """Arrows and page keys move the list from the filter."""
        choices = self.query_one("#choices", OptionList)
        moves: dict[str, Callable[[], object]] = {
            "up": choices.action_cursor_up,
            "down": choices.action_cursor_down,
            "pageup": choices.action_page_up,
            "pagedown": choices.action_page_down,
        }
        if move := moves.get(event.key):
            event.stop()
            move()
