"""What the rest of this room asks of a detector, and what it is told of one text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edgeroute.core.verdict import Finding


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text holds. ``findings`` is complete only after a full scan.

    ``reason`` is a sentence for people. ``internal_code`` marks source code of the user's own
    organisation; it does not make a text private by itself.
    """

    private: bool
    findings: tuple[Finding, ...] = ()
    reason: str = "No personal data found."
    internal_code: bool = False


class TextDetector(Protocol):
    """Finds personal data in one text."""

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """What is in ``text``; any exception means that nobody knows."""
        ...
