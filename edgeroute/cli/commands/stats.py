"""``edgeroute stats`` and ``edgeroute alerts``: use and spending, and what was remarkable."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import click

from edgeroute.cli.shell import Shell, as_json, foreign, note, pass_shell, table
from edgeroute.cli.words import when
from edgeroute.core.spending import GROUPS, SpendRow
from edgeroute.core.words import amount_words, comparison_words, money

_ALERTS: Final = 3  # the latest unseen ones
# What answers were worth is known by these.
_RATED: Final = ("rule", "model", "task")


@click.command()
@click.option("--by", type=click.Choice(GROUPS), default="model", show_default=True)
@click.option("--days", default=0, type=click.IntRange(0), help="Only the last so many days.")
@click.option("--json", "machine", is_flag=True, help="Print one JSON object.")
@click.option("--csv", "spreadsheet", is_flag=True, help="Print comma-separated values.")
@pass_shell
def stats(shell: Shell, by: Any, days: int, *, machine: bool, spreadsheet: bool) -> None:
    """Show use and spending, what routing saved against the premium model, and what caches saved.

    Both are told apart: the premium model is priced with the same caching. A loss is below zero.
    """
    ledger = shell.runtime.ledger
    since = shell.runtime.clock.now() - timedelta(days=days) if days else None
    rows = ledger.rows(by, since=since)
    total = ledger.total(since=since)
    fine = shell.runtime.admin.advisor.tally(by) if by in _RATED else {}
    if machine:
        plain = [_plain(row) | _known(fine, row.label) for row in rows]
        as_json({"by": by, "rows": plain, "total": _plain(total)})
    elif spreadsheet:
        foreign(_csv(by, rows), end="")
    elif not rows:
        note("Nothing was asked yet.")
    else:
        _print(by, [*rows, total], fine)
        if total.comparison:
            note(_told(total))
        for alert in shell.runtime.admin.alerts.list(unseen=True, limit=_ALERTS):
            note(f"{alert.message} (edgeroute alerts)")


def _plain(row: SpendRow) -> dict[str, Any]:
    """A row with flat names; amounts as decimal text."""
    fields = asdict(row)
    usage = fields.pop("usage")
    usage.pop("reported_cost")
    found = row.comparison
    flat = fields | usage | {"tokens": row.tokens, "cache_hit_rate": round(row.cache_hit_rate, 4)}
    flat |= {
        "routing_saved": found.saved_by_routing if found else None,
        "cost_each_turn": row.cost_each_turn,
    }
    return {
        name: str(value) if isinstance(value, Decimal) else value for name, value in flat.items()
    }


def _told(total: SpendRow) -> str:
    """What routing saved, and on how many calls that rests."""
    said = comparison_words(total.comparison) if total.comparison else ""
    each = total.cost_each_turn
    task = f" A finished task costs {money(each)}." if each is not None else ""
    part = "" if total.compared == total.calls else f" {total.compared} of {total.calls} calls."
    return said + task + (f" Compared:{part}" if part else "")


def _csv(by: str, rows: Sequence[SpendRow]) -> str:
    text = io.StringIO()
    plain = [_plain(row) for row in rows]
    names = list(plain[0]) if plain else ["label"]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([by, *names[1:]])
    for row in plain:
        writer.writerow([_cell(value) for value in row.values()])
    return text.getvalue()


def _cell(value: object) -> object:
    """A label that a spreadsheet would run as a formula is kept from it."""
    return (
        f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value
    )


def _known(fine: Mapping[str, tuple[int, int]], label: str) -> dict[str, int]:
    """How many answers were fine, of those of which it is known; empty where it is of none."""
    good, known = fine.get(label, (0, 0))
    return {"fine": good, "rated": known} if known else {}


def _print(by: str, rows: Sequence[SpendRow], fine: Mapping[str, tuple[int, int]]) -> None:
    table(
        (
            by.upper(),
            "CALLS",
            "FAILED",
            "TOKENS",
            "CACHED",
            "COST",
            "ALL-PREMIUM",
            "ROUTING SAVED",
            "CACHE SAVED",
            *(("FINE",) if fine else ()),
        ),
        [
            (
                row.label or "-",
                f"{row.calls:,}",
                f"{row.failures:,}" if row.failures else "",
                f"{row.tokens:,}",
                f"{row.cache_hit_rate:.0%}" if row.cache_hit_rate else "",
                money(row.cost) + (f" + {row.unknown} unknown" if row.unknown and row.cost else ""),
                money(row.baseline) if row.baseline is not None else "",
                amount_words(row.comparison.saved_by_routing) if row.comparison else "",
                money(row.cache_saved) if row.cache_saved else "",
                *((_share(fine.get(row.label)),) if fine else ()),
            )
            for row in rows
        ],
        right=(1, 2, 3, 4, 5, 6, 7, 8, 9),
    )


def _share(found: tuple[int, int] | None) -> str:
    return f"{found[0]} of {found[1]}" if found else ""


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also those seen before.")
@click.option("--limit", "-n", default=50, type=click.IntRange(1, 100_000), show_default=True)
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def alerts(shell: Shell, *, everything: bool, limit: int, machine: bool) -> None:
    """Show alerts that you have not seen; they then count as seen."""
    kept = shell.runtime.admin.alerts
    rows = kept.list(unseen=not everything, limit=limit)
    if machine:
        as_json([asdict(row) for row in rows])
    elif not rows:
        note("There are no new alerts." if not everything else "There are no alerts.")
    else:
        table(("WHEN", "KIND", "ALERT"), [(when(r.created), r.kind, r.message) for r in rows])
    if rows:
        kept.mark_seen(rows[0].id)
