"""What the rest of this room asks of a detector, and what it is told of one text."""

from __future__ import annotations

from typing import Protocol

from edgeroute.core.verdict import Finding


class TextScan(Protocol):
    """What a detector says about one text; ``findings`` are those that count."""

    @property
    def private(self) -> bool: ...  # noqa: D102
    @property
    def findings(self) -> tuple[Finding, ...]: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def internal_code(self) -> bool: ...  # noqa: D102


class TextDetector(Protocol):
    """Finds personal data in one text."""

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> TextScan:
        """What is in ``text``; any exception means that nobody knows."""
        ...
