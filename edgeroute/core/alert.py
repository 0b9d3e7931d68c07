"""An alert: what the user should know about money and use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
