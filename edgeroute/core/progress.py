"""How far a download is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Step = Literal["download", "verify", "note", "done"]


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a pull.

    ``done`` and ``total`` are bytes of ``file``, ``speed`` bytes per second (0 unknown). ``text``
    is a line for the user where ``step`` is ``note`` or ``done``.
    """

    step: Step
    file: str
    done: int = 0
    total: int = 0
    speed: float = 0.0
    text: str = ""


OnProgress = Callable[[Progress], None]


def unheard(progress: Progress) -> None:
    """Where nobody watches."""
    del progress
