"""What became of earlier answers, and what that says about the next one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """What experience says: ``model`` did well on similar prompts. ``sentence`` explains it."""

    model: str
    sentence: str
    share: float
    neighbours: int
