"""``edgeroute receipts``: what left this machine, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final, Literal

import click

from edgeroute.cli import complete
from edgeroute.cli.shell import Shell, as_json, foreign, note, out, pass_shell, table
from edgeroute.cli.words import receipt_text, when
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.words import cost_words, plural, size
from edgeroute.engine.recording.feedback import THUMBS, Thumb

_VERIFY: Final = "verify"


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
@click.option(
    "--client",
    default="",
    help="Only those of one connected program or person.",
    shell_complete=complete.clients,
)
@click.option("--limit", "-n", default=30, type=click.IntRange(1, 100_000), show_default=True)
@click.option(
    "--rate",
    type=click.Choice([*THUMBS, "none"]),
    help="Say what you think of the answer with this ID; routing learns from it.",
)
@click.option("--head", default="", help="With verify: the head that an earlier look printed.")
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
@pass_shell
def receipts(
    shell: Shell,
    receipt: str,
    *,
    left_machine: bool,
    conversation: str,
    client: str,
    limit: int,
    rate: Thumb | Literal["none"] | None,
    head: str,
    machine: bool,
) -> None:
    """Show the latest receipts, or one in full by its ID (its beginning will do).

    `edgeroute receipts verify` reads the chain of keyed hashes over all of them, and says where it
    breaks first: what was changed, put in or taken out other than by EdgeRoute.
    """
    if receipt == _VERIFY:
        _verify(shell, head, machine=machine)
        return
    if head:
        raise click.UsageError("--head is for `edgeroute receipts verify`.")
    if receipt:
        _one(shell, receipt, rate, machine=machine)
        return
    if rate:
        raise click.UsageError(
            "--rate needs the ID of a receipt: `edgeroute receipts ID --rate up`."
        )
    rows = shell.runtime.receipts.list(
        left_machine=left_machine, conversation=conversation, client=client, limit=limit
    )
    if machine:
        as_json([row.as_json() for row in rows])
        return
    if not rows:
        none = "No receipt fits." if conversation or client else "There are no receipts yet."
        note("Nothing left this machine." if left_machine else none)
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


def _verify(shell: Shell, head: str, *, machine: bool) -> None:
    """Say whether the receipts are as they were written."""
    found = shell.runtime.receipts.verify(head)
    if machine:
        as_json(asdict(found))
    else:
        for sentence in found.broken:
            foreign(sentence)
        if not found.broken:
            out(f"{plural(found.receipts, 'receipt')}: each is as it was written.")
        if found.deleted:
            out(f"Deleted by EdgeRoute, as it was asked to: {found.deleted}.")
        if found.head:
            out(f"Head: {found.head}")
            note("Kept elsewhere, it lets a later `verify --head` tell that nothing was cut off.")
    if found.broken:
        raise EdgeRouteError(
            "The receipts are not as they were written.",
            "Was the history damaged or an old copy put back? `edgeroute doctor` says so.",
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
