"""What is known of each model and provider, one row each, shared by all processes."""

from __future__ import annotations

import json
from typing import Any

from edgeroute.store.database.codec import dump
from edgeroute.store.database.database import Database


class Targets:
    """JSON values by name, each with a version: nobody writes over what he has not read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun = False

    @property
    def kept(self) -> bool:
        """Whether anything can have been kept: looking for it makes no file."""
        self._begun = self._begun or self._database.path.exists()
        return self._begun

    def since(self, versions: dict[str, int]) -> dict[str, tuple[int, Any]]:
        """The rows whose version is not among ``versions``, with their version."""
        rows = self._database.read("SELECT name, version, state FROM targets")
        return {
            row["name"]: (row["version"], json.loads(row["state"]))
            for row in rows
            if versions.get(row["name"]) != row["version"]
        }

    def swap(self, name: str, version: int, value: object) -> bool:
        """Put ``value`` in the place of the row that has ``version`` (0: there is none).

        False where it has another one by now.
        """
        if not version:
            sql, values = "INSERT OR IGNORE INTO targets VALUES (?, 1, ?)", (name, dump(value))
            return self._database.write(sql, values) == 1
        changed = self._database.write(
            "UPDATE targets SET version = version + 1, state = ? WHERE name = ? AND version = ?",
            (dump(value), name, version),
        )
        return changed == 1
