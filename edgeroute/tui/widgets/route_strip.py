"""The lines above the message box: where the next message goes and why."""

from __future__ import annotations

from textwrap import wrap
from typing import Final

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widgets import Static

from edgeroute.core.display import safe_line
from edgeroute.tui.strip_view import IDLE, Kind, StripView

COLOURS: dict[Kind, str] = {
    "idle": "$muted",
    "checking": "$muted",
    "busy": "$muted",
    "local": "$local",
    "forced": "$forced",
    "cloud": "$cloud",
    "masked": "$masked",
    "blocked": "$error",
}

_FOLDED_HEIGHT: Final = 3  # rows
_LEAST_ROOM: Final = 16  # columns


class RouteStrip(Static):
    """Shows a ``StripView``; the words say everything, the colour repeats it.

    A reason that is longer than its line goes on below it.
    """

    view: reactive[StripView] = reactive(IDLE, init=False)

    def __init__(self) -> None:
        super().__init__(id="strip", markup=False)

    def on_mount(self) -> None:
        """Begin idle."""
        self.watch_view(self.view)

    def on_resize(self) -> None:
        """Another width holds another part of the reason."""
        self.watch_view(self.view)

    def watch_view(self, view: StripView) -> None:
        """Draw the lines."""
        colour = COLOURS[view.kind]
        for kind in COLOURS:
            self.set_class(kind == view.kind, f"-{kind}")
        self.set_class(view.stale, "-stale")
        behind = "  checking…" if view.stale else ""
        word, target = f" {view.word} ", f"  {safe_line(view.target)}" if view.target else ""
        margin = " " * (len(word) + 2)
        why = _folded(safe_line(view.why), self.content_size, word + target, margin)
        self.update(
            Content.assemble(
                (word, f"bold $on-badge on {colour}"),
                (target, "bold"),
                why,
                (behind, "$muted"),
                (f"\n{margin}{safe_line(view.details)}", "$muted"),
            )
        )


def _folded(why: str, size: Size, before: str, margin: str) -> str:
    """``why`` as it goes on after ``before``, on the line below, too, where there is one."""
    used = cell_len(before) + 2
    if not why or used + cell_len(why) <= size.width or size.height < _FOLDED_HEIGHT:
        return f"  {why}" if why else ""
    if size.width - used < _LEAST_ROOM:
        return f"\n{margin}{why}"
    lines = wrap(
        why, size.width, initial_indent="." * used, subsequent_indent=margin, max_lines=2,
        placeholder="…", break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return "  " + "\n".join(lines)[used:]
