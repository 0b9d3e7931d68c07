"""Whether a part of the history was lost, as every front door says until the user accepts it."""

from __future__ import annotations

from typing import Final

from edgeroute.store.database import loss
from edgeroute.store.database.database import Database

_SENTENCE: Final = (
    "Part of the history was lost: old conversations stay on this machine until you run"
    " `edgeroute history accept-loss`."
)


class HistoryLoss:
    """A loss that the user has not accepted yet, the same for all processes of this machine."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sentence(self) -> str:
        """What to tell the user; empty where nothing was lost.

        Raises:
            StoreError: the database cannot be read.
        """
        rows = self._database.read("SELECT 1 FROM states WHERE name = ?", (loss.NAME,))
        return _SENTENCE if rows else ""

    def accept(self) -> int:
        """Let go on what only a loss holds here, by the user's own word; how many conversations.

        Raises:
            StoreError: the database cannot be written.
        """
        with self._database.transaction() as connection:
            return loss.accept(connection)
