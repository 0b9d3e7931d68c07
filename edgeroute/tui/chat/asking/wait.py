"""What the answer under way is doing, in words: what it waits for, how long, how fast. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edgeroute.core.local_models import LocalStatus
from edgeroute.core.words import plural, seconds

_SIGNS: Final = 4  # of a token, about
_LEAST_SECONDS: Final = 1.0  # before a speed means something
_STATES: Final = {
    "preparing": "waiting until the local model is here",
    "loading": "loading the model into memory",
    "stopped": "starting the local model",
    "idle": "starting the local model",
}


@dataclass
class Wait:
    """An answer under way since ``began``, seconds of a monotonic clock like ``first``, the moment
    of its first words. ``signs`` counts its characters, ``here`` says that a local model answers.
    """

    began: float
    here: bool = False
    first: float | None = None
    signs: int = 0
    thinking: bool = False

    def asks(self, *, here: bool) -> None:
        """Another model is asked."""
        self.here, self.first, self.signs, self.thinking = here, None, 0, False

    def said(self, text: str, now: float) -> None:
        """More of the answer came."""
        self.first = now if self.first is None else self.first
        self.signs += len(text)

    def words(self, now: float, local: LocalStatus | None) -> str:
        """What it is doing, for how long, how fast, and how to stop it."""
        passed = round(max(0.0, now - self.began))
        parts = [self._doing(local), *([seconds(passed * 1000)] if passed else [])]
        if self.first is not None and now - self.first >= _LEAST_SECONDS:
            parts.append(f"~{self.signs / _SIGNS / (now - self.first):.0f} tokens/s")
        return " · ".join([*parts, "esc stops it and keeps what came"])

    def _doing(self, local: LocalStatus | None) -> str:
        if self.first is not None:
            return "writing"
        if self.thinking:
            return "thinking"
        if not self.here or local is None:
            return "waiting for its first words"
        if local.waiting > 1:
            return f"waiting for its turn behind {plural(local.waiting - 1, 'other request')}"
        return _STATES.get(local.state, "reading what was asked")
