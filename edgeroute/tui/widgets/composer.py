"""The message box: marks personal data while you type, completes commands and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from rich.text import Text
from textual import events
from textual.geometry import Offset
from textual.markup import escape
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from edgeroute.core.display import safe, safe_line
from edgeroute.core.verdict import Finding
from edgeroute.tui.strip_view import Kind
from edgeroute.tui.words import details

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

    def __init__(self) -> None:
        super().__init__(
            id="composer",
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            tab_behavior="focus",
            placeholder="Ask anything",
        )
        self.suggesting: Callable[[], bool] = lambda: False
        self._known = ""

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
        self.border_title = escape(safe_line(text, 120))

    def watch_spans(self) -> None:
        """Draw the marks."""
        self.notify_style_update()
        self.refresh()

    def get_line(self, line_index: int) -> Text:
        """A line with its personal data marked."""
        line = super().get_line(line_index)
        if self.spans:
            lines = self.document.lines
            start = sum(len(lines[at]) + 1 for at in range(line_index))
            style = self.get_component_rich_style("composer--personal", partial=True)
            for begin, end in in_line(self.spans, start, len(line)):
                line.stylize(style, begin, end)
        return line

    async def _on_key(self, event: events.Key) -> None:
        """Enter sends; the arrows walk suggestions or, at the edges, earlier prompts."""
        what = self._meaning(event.key)
        if what is None:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        self.post_message(what)

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
    limit = min(len(old), len(new))
    head = next((at for at in range(limit) if old[at] != new[at]), limit)
    tail = next((at for at in range(limit - head) if old[-1 - at] != new[-1 - at]), limit - head)
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
