"""What the rest of this room asks of a detector, and what it is told of one text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edgeroute.core.verdict import Finding, LocalOpinion


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text holds. ``findings`` is complete only after a full scan.

    ``reason`` is a sentence for people. ``internal_code`` marks source code of the user's own
    organisation; it does not make a text private by itself. ``weight`` is how likely the text is
    private, 0..1, where it was weighed; ``opinion`` is the local model's, where it was asked.
    """

    private: bool
    findings: tuple[Finding, ...] = ()
    reason: str = "No personal data found."
    internal_code: bool = False
    weight: float | None = None
    opinion: LocalOpinion | None = None


class TextDetector(Protocol):
    """Finds personal data in one text."""

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """What is in ``text``; any exception means that nobody knows."""
        ...
