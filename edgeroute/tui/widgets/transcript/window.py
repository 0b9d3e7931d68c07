"""Which part of a long chat is on the screen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SIZE: Final = 40
STEP: Final = 20


@dataclass(frozen=True, slots=True)
class Window:
    """The entries ``[start, end)`` of ``total`` are mounted; never more than ``SIZE``."""

    start: int = 0
    end: int = 0
    total: int = 0

    @classmethod
    def tail(cls, total: int) -> Window:
        """The newest entries."""
        return cls(max(0, total - SIZE), total, total)

    @classmethod
    def around(cls, at: int, total: int) -> Window:
        """The entries around ``at``."""
        start = max(0, min(at - SIZE // 2, total - SIZE))
        return cls(start, min(total, start + SIZE), total)

    @property
    def later(self) -> int:
        """How many entries lie below."""
        return self.total - self.end

    def older(self) -> Window:
        """One step up; entries at the bottom are let go."""
        start = max(0, self.start - STEP)
        return Window(start, min(self.end, start + SIZE), self.total)

    def newer(self) -> Window:
        """One step down; entries at the top are let go."""
        end = min(self.total, self.end + STEP)
        return Window(max(self.start, end - SIZE), end, self.total)
