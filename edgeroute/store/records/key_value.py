"""Small states that outlive the program: circuit breakers, learned limits, calibration."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from edgeroute.store.database.codec import dump, stamp
from edgeroute.store.database.database import Database


class KeyValueStore:
    """JSON values by name."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now

    def get(self, name: str, default: Any = None) -> Any:
        """The value under ``name`` as plain JSON types, or ``default``."""
        rows = self._database.read("SELECT value FROM states WHERE name = ?", (name,))
        return json.loads(rows[0]["value"]) if rows else default

    def set(self, name: str, value: object) -> None:
        """Keep ``value`` (anything that JSON or a dataclass can say) under ``name``."""
        self._database.write(
            "INSERT OR REPLACE INTO states VALUES (?, ?, ?)",
            (name, dump(value), stamp(self._now())),
        )
