"""An alert: what the user should know about money and use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. ``kind`` is a stable word such as ``budget``; ``message`` is a sentence."""

    id: int
    created: datetime
    kind: str
    message: str
    conversation: str = ""
    receipt: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    seen: bool = False


class AlertRepository(Protocol):
    """All alerts, and which of them the user has seen."""

    def list(self, *, unseen: bool = False, limit: int = 200) -> Sequence[Alert]:
        """Alerts, latest first; with ``unseen`` only those not yet marked as seen."""
        ...

    def mark_seen(self, up_to: int | None = None) -> int:
        """Mark the alerts up to number ``up_to`` (default: all) as seen; how many were not."""
        ...
