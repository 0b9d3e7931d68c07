"""What became of answers: the memory from which routing learns, all of it on this machine.

No prompt is kept, only a keyed digest and, where routing gives one, an embedding.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from edgeroute.store.database.codec import moment, printable, stamp
from edgeroute.store.database.database import Database

OutcomeKind = Literal[
    "answered", "accept", "retry", "edit", "escalate", "switch", "up", "down",
    "passed", "failed", "reverted",
]  # fmt: skip
_KEY_NAME: Final = "prompt digests"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One sign of how good an answer of ``model`` was: ``quality`` in 0..1 and what it cost.

    Of kind ``answered`` it is no sign yet, only the answer whose fate is not known.
    """

    created: datetime
    kind: OutcomeKind
    prompt: bytes
    model: str
    quality: float
    cost: Decimal | None = None
    embedding: bytes = b""
    task: str = ""
    rule: str = ""
    receipt: str = ""


class Outcomes:
    """All outcomes in the database."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now

    def digest(self, text: str) -> bytes:
        """The digest under which a prompt is remembered; without this database it says nothing."""
        key = self._database.kept(_KEY_NAME)
        words = " ".join(text.split()).encode("utf-8", "surrogatepass")
        return hmac.new(key, words, hashlib.sha256).digest()

    def add(
        self,
        kind: OutcomeKind,
        prompt: bytes,
        model: str,
        quality: float,
        *,
        cost: Decimal | None = None,
        embedding: bytes = b"",
        task: str = "",
        rule: str = "",
        receipt: str = "",
    ) -> None:
        """Keep a sign of quality; for one receipt the latest sign counts."""
        self._database.write(
            "INSERT INTO outcomes (created, kind, prompt, embedding, task, rule, model, quality,"
            " cost, receipt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                stamp(self._now()),
                kind,
                prompt,
                embedding,
                task,
                rule,
                model,
                quality,
                None if cost is None else str(cost),
                printable(receipt),
            ),
        )

    def list(self, *, since: datetime | None = None, limit: int = 10_000) -> Sequence[Outcome]:
        """Outcomes, latest first: for each request only its latest sign."""
        rows = self._database.read(
            "SELECT * FROM outcomes o WHERE created >= ? AND kind != 'answered'"
            " AND (receipt = '' OR NOT EXISTS"
            " (SELECT 1 FROM outcomes l WHERE l.receipt = o.receipt AND l.model = o.model"
            " AND l.id > o.id)) ORDER BY id DESC LIMIT ?",
            (stamp(since) if since else "", limit),
        )
        return [_outcome(row) for row in rows]

    def answer(self, receipt: str) -> Outcome | None:
        """The answer with this receipt, as it was remembered before anything was known of it."""
        rows = self._database.read(
            "SELECT * FROM outcomes WHERE receipt = ? AND kind = 'answered'", (printable(receipt),)
        )
        return _outcome(rows[0]) if rows else None

    def last_answer(self, conversation: str) -> Outcome | None:
        """The last answer in ``conversation``, unless there is a sign of its quality already."""
        rows = self._database.read(
            "SELECT o.*, EXISTS (SELECT 1 FROM outcomes l WHERE l.receipt = o.receipt"
            " AND l.model = o.model AND l.kind != 'answered') AS known"
            " FROM receipts r JOIN outcomes o ON o.receipt = r.id"
            " WHERE r.conversation = ? AND o.kind = 'answered' ORDER BY o.id DESC LIMIT 1",
            (printable(conversation),),
        )
        return _outcome(rows[0]) if rows and not rows[0]["known"] else None

    def signs(self, receipt: str) -> Sequence[Outcome]:
        """All signs of the answers with this receipt, latest first."""
        rows = self._database.read(
            "SELECT * FROM outcomes WHERE receipt = ? AND kind != 'answered' ORDER BY id DESC",
            (printable(receipt),),
        )
        return [_outcome(row) for row in rows]

    def forget(self, receipt: str, kinds: Iterable[OutcomeKind]) -> None:
        """Take back the signs of these ``kinds``; what was known before counts again."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM outcomes WHERE receipt = ? AND kind = ?",
                [(printable(receipt), kind) for kind in kinds],
            )


def _outcome(row: Any) -> Outcome:
    return Outcome(
        created=moment(row["created"]),
        kind=row["kind"],
        prompt=bytes(row["prompt"]),
        model=row["model"],
        quality=float(row["quality"]),
        cost=None if row["cost"] is None else Decimal(row["cost"]),
        embedding=bytes(row["embedding"] or b""),
        task=row["task"],
        rule=row["rule"],
        receipt=row["receipt"],
    )
