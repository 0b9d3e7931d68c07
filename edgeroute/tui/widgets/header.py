"""The top line: which chat, how private, how the local model is, what today cost."""

from __future__ import annotations

from decimal import Decimal

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from edgeroute.core.display import safe_line
from edgeroute.core.spending import SpendRow
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.words import MODE_WORDS, dollars, spent

_MODE_COLOURS = {
    PrivacyMode.AUTO: "$primary",
    PrivacyMode.PRIVATE: "$local",
    PrivacyMode.MASK: "$masked",
}

# Of those that are words of ours: it starts by itself with the first question.
_STATE_WORDS = {"stopped": "not loaded", "idle": "not loaded"}


class Header(Horizontal):
    """One line; its parts are set apart from each other."""

    _shown: tuple[str, PrivacyMode, bool] | None = None

    def compose(self) -> ComposeResult:
        """Name and chat at the left; badge, local model and money at the right."""
        yield Static(id="title", markup=False)
        yield Static(id="badge", markup=False)
        yield Static(id="local", markup=False)
        yield Static(id="money", markup=False)

    def show_chat(self, title: str, mode: PrivacyMode, *, latched: bool) -> None:
        """Name the chat and its privacy mode, where they are others than were shown."""
        if self._shown == (title, mode, latched):
            return
        self._shown = (title, mode, latched)
        name = safe_line(title, 80) or "new chat"
        self.query_one("#title", Static).update(
            Content.assemble(("EdgeRoute", "bold $primary"), ("  /  ", "$muted"), name)
        )
        held = latched and mode is not PrivacyMode.PRIVATE
        word = f"{MODE_WORDS[mode]} · STAYS LOCAL" if held else MODE_WORDS[mode]
        colour = "$forced" if held else _MODE_COLOURS[mode]
        self.query_one("#badge", Static).update(
            Content.assemble((f" {word} ", f"bold $on-badge on {colour}"))
        )

    def show_local(self, state: str, model: str) -> None:
        """Say how the local model is."""
        colour = {
            "missing": "$error",
            "unreachable": "$error",
            "loading": "$forced",
            "preparing": "$forced",
            "stopped": "$muted",
            "idle": "$muted",
        }
        self.query_one("#local", Static).update(
            Content.assemble(
                ("local ", "$muted"),
                (_STATE_WORDS.get(state, safe_line(state, 30)), colour.get(state, "$local")),
                (f" {safe_line(model, 30)}" if model else "", "$muted"),
            )
        )

    def show_money(self, today: SpendRow, limit: Decimal | None) -> None:
        """Say what today cost, and of how much."""
        share = (today.cost or Decimal(0)) / limit if limit else Decimal(0)
        colour = "$error" if share >= 1 else "$forced" if share >= Decimal("0.8") else "$foreground"
        over = " limit reached" if share >= 1 else ""
        self.query_one("#money", Static).update(
            Content.assemble(
                ("today ", "$muted"),
                (spent(today), colour),
                (f" of {dollars(limit)}" if limit else "", "$muted"),
                (over, "$error"),
            )
        )
