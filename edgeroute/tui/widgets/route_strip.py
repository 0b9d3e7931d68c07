"""The two lines above the message box: where the next message goes and why."""

from __future__ import annotations

from textual.content import Content
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


class RouteStrip(Static):
    """Shows a ``StripView``; the words say everything, the colour repeats it."""

    view: reactive[StripView] = reactive(IDLE, init=False)

    def __init__(self) -> None:
        super().__init__(id="strip", markup=False)

    def on_mount(self) -> None:
        """Begin idle."""
        self.watch_view(self.view)

    def watch_view(self, view: StripView) -> None:
        """Draw the two lines."""
        colour = COLOURS[view.kind]
        for kind in COLOURS:
            self.set_class(kind == view.kind, f"-{kind}")
        self.set_class(view.stale, "-stale")
        behind = "  checking…" if view.stale else ""
        self.update(
            Content.assemble(
                (f" {view.word} ", f"bold $on-badge on {colour}"),
                (f"  {safe_line(view.target)}" if view.target else "", "bold"),
                f"  {safe_line(view.why)}" if view.why else "",
                (behind, "$muted"),
                (f"\n{' ' * (len(view.word) + 4)}{safe_line(view.details)}", "$muted"),
            )
        )
