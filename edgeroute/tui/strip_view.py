"""The route strip as data: its two lines, and what colour they have. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["idle", "checking", "local", "forced", "cloud", "masked", "blocked", "busy"]


@dataclass(frozen=True, slots=True)
class StripView:
    """The strip's two lines. ``kind`` picks the colour; the words alone say the same."""

    kind: Kind
    word: str
    target: str = ""
    why: str = ""
    details: str = ""
    stale: bool = False

    def behind(self) -> StripView:
        """The view while the check is behind the typing."""
        if self.kind in {"idle", "checking"}:
            return CHECKING
        return replace(self, stale=True)


IDLE = StripView("idle", "READY", details="Before you send, this line says where it will go.")
CHECKING = StripView(
    "checking", "CHECKING", why="looking for personal data", details="Nothing has been sent."
)
