"""``edgeroute alerts``: what happened with money."""

from __future__ import annotations

from dataclasses import asdict

import click

from edgeroute.cli.shell import Shell, as_json, note, pass_shell, table
from edgeroute.cli.words import when


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
        as_json([asdict(row) | {"created": row.created.isoformat()} for row in rows])
    elif not rows:
        note("There are no new alerts." if not everything else "There are no alerts.")
    else:
        table(("WHEN", "KIND", "ALERT"), [(when(r.created), r.kind, r.message) for r in rows])
    if rows:
        kept.mark_seen(rows[0].id)
