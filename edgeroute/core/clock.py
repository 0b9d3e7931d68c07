"""Time as an argument, so that decisions can be tested; identifiers that sort by it."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time and a monotonic counter."""

    def now(self) -> datetime:
        """The current moment, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The current moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()


def new_id(moment: datetime) -> str:
    """A fresh identifier: milliseconds since 1970 and 40 random bits, in hex."""
    return f"{int(moment.timestamp() * 1000):011x}{secrets.token_hex(5)}"
