"""The message box: marks personal data while you type, completes commands and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar, Final, Literal

from rich.text import Text
from textual import events
from textual.cache import LRUCache
from textual.document._document_navigator import DocumentNavigator
from textual.geometry import Offset, Region
from textual.markup import escape
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from edgeroute.core.display import safe, safe_line
from edgeroute.core.verdict import Finding
from edgeroute.tui.strip_view import Kind
from edgeroute.tui.widgets.long_line import LongDocument, LongLine, common_ends
from edgeroute.tui.widgets.vim import Vim
from edgeroute.tui.words import details

_ROWS: Final = 200  # that are kept as they were drawn
Choose = Literal["up", "down", "take", "close"]


class Composer(TextArea):
    """A text area that sends on Enter. Its text is always safe to show, and sent as shown."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"composer--personal"}

    spans: reactive[tuple[Finding, ...]] = reactive((), init=False)

    class Submitted(Message):
        """Enter was pressed."""

    class Recall(Message):
        """Up or down was pressed at the edge: an earlier (-1) or later (1) prompt is wanted."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Choice(Message):
        """A key for the open list of suggestions."""

        def __init__(self, what: Choose) -> None:
            super().__init__()
            self.what = what

    class Detach(Message):
        """Backspace was pressed in the empty box."""

    class Leave(Message):
        """ctrl+d was pressed in the empty box."""

    def __init__(self, *, vim: bool = False) -> None:
        """With the keys of vi if ``vim``."""
        super().__init__(
            id="composer",
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            tab_behavior="focus",
            placeholder="Ask anything",
        )
        self.suggesting: Callable[[], bool] = lambda: False
        self._known = self._title = ""
        self.vim = Vim(self, self._show_title) if vim else None
        self._looks: tuple[object, ...] = ()
        self._drawn: LRUCache[tuple[object, ...], Strip] = LRUCache(_ROWS)

    def _set_document(self, text: str, language: str | None) -> None:
        """Wrap the document as one that may have long paragraphs."""
        super()._set_document(text, language)
        self._long = LongDocument(self.document, self.wrap_width, self.indent_width)
        self.wrapped_document = self._long
        self.navigator = DocumentNavigator(self._long)

    def edit(self, edit: Edit) -> EditResult:
        """Every insertion is cleaned, pasted text included."""
        return super().edit(replace(edit, text=_clean(edit.text)))

    def load_text(self, text: str) -> None:
        """Text that is set is cleaned too."""
        super().load_text(_clean(text))

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:  # noqa: FBT001, FBT002 - Textual's signature
        """Scroll to the cursor, but not while it is on a line that an undo has just taken away.

        Undo and redo shrink the text, and with it the scrollbar, before they move the cursor.
        """
        if self.cursor_location[0] >= self.document.line_count:
            return Offset(0, 0)
        return super().scroll_cursor_visible(center=center, animate=animate)

    def on_text_area_changed(self) -> None:
        """Marks stay with their text until the next scan."""
        text = self.text
        self.spans = shifted(self.spans, self._known, text)
        self._known = text

    def show_findings(self, findings: Sequence[Finding], kind: Kind) -> None:
        """Mark ``findings`` of the present text and say what the strip's ``kind`` means for it."""
        self.spans = tuple(f for f in findings if 0 <= f.start < f.end <= len(self.text))
        fates: dict[Kind, str] = {
            "masked": "leaves only as placeholders",
            "cloud": "not private by your rules",
        }
        fate = fates.get(kind, "stays on this machine")
        self.border_subtitle = f"{details(tuple(findings))} · {fate} · f4" if findings else ""

    def title(self, text: str) -> None:
        """What goes with the message, in the upper edge; brackets are only brackets."""
        self._title = safe_line(text, 120)
        self._show_title()

    def leave_inserting(self) -> bool:
        """Esc in the message box with the keys of vi; whether it meant something there."""
        return self.vim is not None and self.vim.leave()

    def _show_title(self) -> None:
        normal = self.vim is not None and not self.vim.inserting
        self.border_title = escape(" · ".join(filter(None, ["NORMAL" * normal, self._title])))

    def watch_spans(self) -> None:
        """Draw the marks."""
        self.notify_style_update()
        self.refresh()

    def get_line(self, line_index: int) -> Text:
        """A line with its personal data marked."""
        line = LongLine(self.document.get_line(line_index), end="", no_wrap=True)
        style = self.get_component_rich_style("composer--personal", partial=True)
        for begin, end in self._marks(line_index, 0, len(line)):
            line.stylize(style, begin, end)
        return line

    def _marks(self, line: int, begin: int, end: int) -> list[tuple[int, int]]:
        """What is personal between two columns of ``line``, counted from ``begin``."""
        if not self.spans:
            return []
        start = sum(len(each) + 1 for each in self.document.lines[:line])
        return in_line(self.spans, start + begin, end - begin)

    def render_lines(self, crop: Region) -> list[Strip]:
        """What is the same for all rows is asked once."""
        self._looks = (self._draw_cursor, self.has_focus, self.size, self.theme, self.rich_style)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Row ``y``: drawn anew only if it looks otherwise than when it was drawn last.

        TextArea draws all of its rows with each move of the cursor.
        """
        row = self._long.row(self.scroll_offset.y + y)
        if row is None or not self.text:
            return super().render_line(y)
        line, begin, end = row
        whole = self.document[line]

        def where(place: tuple[int, int]) -> int:
            inside = min(max(place, (line, begin)), (line, end + 1))
            return inside[1] - begin if place >= (line, begin) else -1

        looks = (
            whole[begin:end],
            end == len(whole),
            *self._marks(line, begin, end),
            *(where(place) for place in (*self.selection, self.matching_bracket_location) if place),
            self._looks,
        )
        if looks not in self._drawn:
            self._drawn[looks] = super().render_line(y)
        return self._drawn[looks]

    async def _on_key(self, event: events.Key) -> None:
        """Enter sends; the arrows walk suggestions or, at the edges, earlier prompts."""
        what = self._meaning(event.key)
        normal = self.vim is not None and not self.vim.inserting and event.is_printable
        if what is None and not normal:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        if what is not None:
            self.post_message(what)
        elif self.vim is not None and event.character and not self.read_only:
            self.vim.take(event.character)

    def _meaning(self, key: str) -> Message | None:
        choices: dict[str, Choose] = {"up": "up", "down": "down", "tab": "take", "enter": "take"}
        row, last = self.cursor_location[0], self.document.line_count - 1
        meaning: Message | None = None
        if self.suggesting() and key in choices:
            meaning = self.Choice(choices[key])
        elif key == "enter":
            meaning = self.Submitted()
        elif key in {"ctrl+d", "backspace"} and not self.text:
            meaning = self.Leave() if key == "ctrl+d" else self.Detach()
        elif self.selection.is_empty and (key, row) in {("up", 0), ("down", last)}:
            meaning = self.Recall(-1 if key == "up" else 1)
        return meaning

    def put(self, text: str) -> None:
        """Replace everything by ``text`` and go to its end; undo brings the old text back."""
        self.replace(text, self.document.start, self.document.end)
        self.move_cursor(self.document.end)


def _clean(text: str) -> str:
    return safe(text.replace("\r\n", "\n").replace("\r", "\n"))


def shifted(spans: Iterable[Finding], old: str, new: str) -> tuple[Finding, ...]:
    """``spans`` of ``old`` moved to where they are in ``new``; those that were edited are gone."""
    head, tail = common_ends(old, new)
    moved = len(new) - len(old)
    kept = []
    for span in spans:
        if span.end <= head:
            kept.append(span)
        elif span.start >= len(old) - tail:
            kept.append(replace(span, start=span.start + moved, end=span.end + moved))
    return tuple(kept)


def in_line(spans: Iterable[Finding], start: int, length: int) -> list[tuple[int, int]]:
    """The parts of ``spans`` inside the line that begins at ``start``, as columns."""
    return [
        (max(0, span.start - start), min(length, span.end - start))
        for span in spans
        if span.start < start + length and span.end > start
    ]
