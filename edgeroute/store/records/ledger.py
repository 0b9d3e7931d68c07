"""The ledger: one line for every attempt, what it used and what it cost.

Amounts are exact decimals in USD. An unknown cost is kept as unknown, never as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.spending import GROUPS, By, SpendRow
from edgeroute.core.usage import Usage
from edgeroute.store.database.codec import printable, stamp
from edgeroute.store.database.database import Database

_COUNTS: Final = (
    "input_uncached",
    "cache_read",
    "cache_write_short",
    "cache_write_long",
    "output_visible",
    "output_reasoning",
)
_INDEXED: Final = ("receipt", "attempt", "created", "day", "task", "client")
_COLUMNS: Final = (
    "receipt", "attempt", "created", "day", "user", "task", "rule", "conversation", "provider",
    "model", "place", "role", "outcome", *_COUNTS, "estimated", "cost", "basis", "rate", "premium",
    "cache_saved", "duration_ms", "client", "turn", "compared", "premium_model", "single",
    "single_model",
)  # fmt: skip
_PLAIN: Final = tuple(name for name in _COLUMNS if name not in _INDEXED)
_ENTER: Final = (
    f"INSERT INTO ledger ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
)
_CHANGE: Final = (
    f"UPDATE ledger SET {', '.join(f'{name} = ?' for name in _PLAIN)}"  # noqa: S608
    f" WHERE {' AND '.join(f'{name} = ?' for name in _INDEXED)}"
)
_CHANGED: Final = tuple(_COLUMNS.index(name) for name in (*_PLAIN, *_INDEXED))
_SUMS: Final = (
    "count(DISTINCT receipt) AS calls, count(*) AS attempts,"
    " sum(outcome = 'failed') AS failures, "
    + ", ".join(f"coalesce(sum({count}), 0) AS {count}" for count in _COUNTS)
    + ", coalesce(max(estimated), 0) AS estimated, decimal_sum(cost) AS cost,"
    " sum(cost IS NULL) AS unknown, decimal_sum(premium) AS baseline,"
    " decimal_sum(cache_saved) AS cache_saved, decimal_sum(compared) AS compared_cost,"
    " count(compared) AS compared, decimal_sum(single) AS single,"
    " group_concat(DISTINCT nullif(premium_model, '')) AS baseline_model,"
    " group_concat(DISTINCT nullif(single_model, '')) AS single_model,"
    " count(DISTINCT conversation || ' ' || turn) AS turns"
)


class Ledger:
    """All attempts in the database. A day is one of the local calendar."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now

    def record(self, receipt: Receipt) -> None:
        """Enter the attempts of ``receipt``; entering it again replaces them.

        What it is compared with, and what a cache saved, stand with the attempt that answered.
        """
        answered = [
            number
            for number, attempt in enumerate(receipt.attempts, 1)
            if attempt.outcome == "answered" and attempt.role == "answer"
        ]
        rows = []
        for number, attempt in enumerate(receipt.attempts, 1):
            rows.append(_row(receipt, number, attempt, stands=answered[-1:] == [number]))
        name = printable(receipt.id)
        with self._database.transaction() as connection:
            lines = "SELECT count(*) FROM ledger WHERE receipt = ?"
            known = connection.execute(lines, (name,)).fetchone()[0]
            # No index is written anew where what it holds stays the same.
            if known == len(rows) == connection.executemany(_CHANGE, map(_changes, rows)).rowcount:
                return
            connection.execute("DELETE FROM ledger WHERE receipt = ?", (name,))
            connection.executemany(_ENTER, rows)

    def rows(self, by: By, *, since: datetime | None = None) -> Sequence[SpendRow]:
        """Sums for each ``by`` from ``since`` on, the dearest first (days: the latest first)."""
        if by not in GROUPS:
            raise ValueError(by)
        found = self._database.read(
            f"SELECT {by} AS label, {_SUMS} FROM ledger"  # noqa: S608
            " WHERE created >= ? GROUP BY label",
            (_from(since),),
        )
        rows = [_spend(row) for row in found]
        if by == "day":
            return sorted(rows, key=lambda row: row.label, reverse=True)
        return sorted(rows, key=lambda row: (-(row.cost or Decimal(0)), -row.tokens, row.label))

    def total(self, *, since: datetime | None = None) -> SpendRow:
        """The sums over everything from ``since`` on."""
        found = self._database.read(
            f"SELECT 'total' AS label, {_SUMS} FROM ledger"  # noqa: S608
            " WHERE created >= ?",
            (_from(since),),
        )
        return _spend(found[0])

    def spent(self, since: datetime, *, conversation: str = "", client: str = "") -> Decimal:
        """Known cost from ``since`` on, of one conversation or connected program where named."""
        rows = self._database.read(
            "SELECT decimal_sum(cost) AS cost FROM ledger WHERE created >= ?"
            " AND (? = '' OR conversation = ?) AND (? = '' OR client = ?)",
            (stamp(since), conversation, conversation, client, client),
        )
        return Decimal(rows[0]["cost"] or 0)

    def today(self, client: str = "") -> Decimal:
        """Known cost of this day, of one connected program where named."""
        return self.spent(self._midnight(), client=client)

    def of_today(self) -> SpendRow:
        """The sums over this day."""
        return self.total(since=self._midnight())

    def month(self) -> Decimal:
        """Known cost of this calendar month."""
        return self.spent(self._midnight().replace(day=1))

    def average_cost(
        self, task: str, calls: int = 200, *, without: str = ""
    ) -> tuple[Decimal | None, int]:
        """What the last ``calls`` paid requests for ``task`` cost on average, and their number.

        The receipt ``without`` does not count. The average is None where there was none.
        """
        rows = self._database.read(
            "SELECT decimal_sum(cost) AS cost FROM ledger"
            " WHERE task = ? AND place = 'cloud' AND receipt <> ?"
            " GROUP BY receipt HAVING sum(cost IS NULL) = 0 ORDER BY max(id) DESC LIMIT ?",
            (task, without, calls),
        )
        if not rows:
            return None, 0
        return sum((Decimal(row["cost"]) for row in rows), Decimal(0)) / len(rows), len(rows)

    def _midnight(self) -> datetime:
        here = self._now().astimezone()
        # Without its offset first: at midnight another one may hold (daylight saving).
        return here.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None).astimezone()


def _row(
    receipt: Receipt,
    number: int,
    attempt: Attempt,
    *,
    stands: bool,
) -> tuple[object, ...]:
    usage, compared = attempt.usage, receipt.compared if stands else None
    local = attempt.place is Place.LOCAL
    return (
        printable(receipt.id),
        number,
        stamp(receipt.created),
        receipt.created.astimezone().date().isoformat(),
        printable(receipt.user),
        receipt.task,
        receipt.rule,
        printable(receipt.conversation),
        "local" if local else attempt.model.partition("/")[0],
        attempt.model,
        attempt.place.value,
        attempt.role,
        attempt.outcome,
        *(getattr(usage, count) for count in _COUNTS),
        usage.estimated,
        _text(attempt.cost.amount),
        attempt.cost.basis,
        attempt.rate,
        _text(compared.premium if compared else None),
        _text(receipt.cache_saved if stands else None),
        attempt.duration_ms,
        printable(receipt.client),
        receipt.turn,
        _text(compared.cost if compared else None),
        compared.premium_model if compared else "",
        _text(compared.single if compared else None),
        compared.single_model if compared else "",
    )


def _changes(row: Sequence[object]) -> tuple[object, ...]:
    """What ``_CHANGE`` is given for ``row``."""
    return tuple(row[place] for place in _CHANGED)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _from(since: datetime | None) -> str:
    return stamp(since) if since else ""


def _spend(row: Any) -> SpendRow:
    def amount(name: str) -> Decimal | None:
        return None if row[name] is None else Decimal(row[name])

    cost = amount("cost")
    return SpendRow(
        label=row["label"],
        calls=row["calls"],
        attempts=row["attempts"],
        failures=row["failures"] or 0,
        usage=Usage(
            input_uncached=row["input_uncached"],
            cache_read=row["cache_read"],
            cache_write_short=row["cache_write_short"],
            cache_write_long=row["cache_write_long"],
            output_visible=row["output_visible"],
            output_reasoning=row["output_reasoning"],
            estimated=bool(row["estimated"]),
        ),
        # What was free says nothing of what is unknown.
        cost=None if row["unknown"] and not cost else cost,
        unknown=row["unknown"] or 0,
        baseline=amount("baseline"),
        cache_saved=amount("cache_saved"),
        turns=row["turns"] or 0,
        compared=row["compared"] or 0,
        compared_cost=amount("compared_cost"),
        baseline_model=_names(row["baseline_model"]),
        single=amount("single"),
        single_model=_names(row["single_model"]),
    )


def _names(joined: str | None) -> str:
    """Models by which one group was measured over time, in words."""
    return ", ".join(sorted(joined.split(","))) if joined else ""
