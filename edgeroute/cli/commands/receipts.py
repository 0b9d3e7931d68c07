"""``edgeroute receipts``: what left this machine, and why."""

from __future__ import annotations

from typing import Literal

import click

from edgeroute.cli import complete
from edgeroute.cli.shell import Shell, as_json, foreign, note, pass_shell, table
from edgeroute.cli.words import receipt_text, when
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.words import cost_words, size
from edgeroute.engine.recording.feedback import THUMBS, Thumb


@click.command()
@click.argument("receipt", default="", metavar="[ID]", shell_complete=complete.receipts)
@click.option("--left-machine", is_flag=True, help="Only requests that sent a byte elsewhere.")
@click.option(
    "--conversation",
    "-c",
    default="",
    help="Only those of one conversation.",
    shell_complete=complete.conversations,
)
@click.option("--limit", "-n", default=30, type=click.IntRange(1, 100_000), show_default=True)
@click.option(
    "--rate",
    type=click.Choice([*THUMBS, "none"]),
    help="Say what you think of the answer with this ID; routing learns from it.",
)
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
@pass_shell
def receipts(
    shell: Shell,
    receipt: str,
    *,
    left_machine: bool,
    conversation: str,
    limit: int,
    rate: Thumb | Literal["none"] | None,
    machine: bool,
) -> None:
    """Show the latest receipts, or one in full by its ID (its beginning will do)."""
    if receipt:
        _one(shell, receipt, rate, machine=machine)
        return
    if rate:
        raise click.UsageError(
            "--rate needs the ID of a receipt: `edgeroute receipts ID --rate up`."
        )
    rows = shell.runtime.receipts.list(
        left_machine=left_machine, conversation=conversation, limit=limit
    )
    if machine:
        as_json([row.as_json() for row in rows])
        return
    if not rows:
        note("Nothing left this machine." if left_machine else "There are no receipts yet.")
        return
    table(
        ("RECEIPT", "WHEN", "MODEL", "LEFT", "COST", "RULE"),
        [
            (
                row.id,
                when(row.created),
                row.model or f"({row.error})",
                size(sum(a.bytes_sent for a in row.attempts)) if row.left_machine else "nothing",
                cost_words(row.cost) if row.left_machine else "",
                row.rule,
            )
            for row in rows
        ],
        right=(3, 4),
    )


def _one(shell: Shell, name: str, rate: Thumb | Literal["none"] | None, *, machine: bool) -> None:
    """Show one receipt, after rating its answer where that is wanted."""
    memory = shell.runtime.memory
    found = shell.runtime.receipts.get(name)
    if found is None:
        raise EdgeRouteError(
            f"There is no receipt {name!r}, or several begin so.",
            "`edgeroute receipts` lists the latest.",
        )
    if rate:
        if not found.model:
            raise EdgeRouteError(
                f"The request of receipt {found.id} was not answered, so there is nothing to rate.",
                "`edgeroute receipts` lists the latest.",
            )
        memory.rate(found, None if rate == "none" else rate)
    thumb = memory.thumb(found.id)
    if machine:
        as_json(found.as_json() | {"thumb": thumb})
    else:
        foreign(receipt_text(found, thumb or ""))
