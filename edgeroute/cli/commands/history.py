"""``edgeroute history``: conversations of the past."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from edgeroute.cli import complete
from edgeroute.cli.named_group import NamedGroup
from edgeroute.cli.shell import Shell, as_json, foreign, note, pass_shell, table
from edgeroute.cli.words import went, when
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.private_file import write_private
from edgeroute.core.words import begun_by, plural

if TYPE_CHECKING:
    from edgeroute.core.conversation import Conversation, SearchHit

_DOORS: Final = {"app": "chat", "ask": "cli", "programs": "http"}


@click.group(cls=NamedGroup)
def history() -> None:
    """List, search, show, export, mask and delete conversations; say what of them left."""


@history.command("list")
@click.option("--limit", "-n", default=30, type=click.IntRange(1, 100_000), show_default=True)
@click.option("--tag", default="", help="Only those with this tag.")
@click.option("--by", type=click.Choice(list(_DOORS)), help="Only those that began there.")
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def list_conversations(
    shell: Shell, limit: int, tag: str, by: str | None, *, machine: bool
) -> None:
    """List conversations, the latest first, and who began each: the app, `ask`, or a program."""
    door = _DOORS[by] if by else ""
    rows = shell.runtime.conversations.list(limit, tag=tag, front_door=door)
    if machine:
        as_json([_without(row, "stored") for row in rows])
    elif not rows:
        note("No conversation fits." if tag or by else "There are no conversations yet.")
    else:
        table(
            ("CONVERSATION", "WHEN", "BY", "PRIVACY", "TURNS", "TITLE"),
            [
                (
                    row.id,
                    when(row.updated),
                    begun_by(row),
                    _privacy(row),
                    str(row.turns),
                    row.title,
                )
                for row in rows
            ],
            right=(4,),
        )


@history.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", "-n", default=30, type=click.IntRange(1, 10_000), show_default=True)
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def search(shell: Shell, words: tuple[str, ...], limit: int, *, machine: bool) -> None:
    """Find turns that hold all WORDS, the latest first."""
    hits = shell.runtime.conversations.search(" ".join(words), limit)
    if machine:
        as_json([_without(hit, "marks") for hit in hits])
    elif not hits:
        note("Nothing holds these words.")
    else:
        table(
            ("CONVERSATION", "WHEN", "TITLE", "TEXT"),
            [(hit.conversation, when(hit.created), hit.title[:40], hit.snippet) for hit in hits],
        )


@history.command("show")
@click.argument("conversation", shell_complete=complete.conversations)
@click.option("--raw", is_flag=True, help="As it was written, terminal escapes included.")
@pass_shell
def show(shell: Shell, conversation: str, *, raw: bool) -> None:
    """Print a conversation, and under each answer where it was made and why."""
    receipts = shell.runtime.receipts

    def told(name: str) -> str:
        receipt = receipts.get(name)
        return went(receipt) if receipt else ""

    text = shell.runtime.conversations.export(conversation, raw=raw, told=told)
    foreign(text, end="", raw=raw)


@history.command("export")
@click.argument("conversation", shell_complete=complete.conversations)
@click.option("--format", "style", type=click.Choice(["markdown", "json"]), default="markdown")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--raw", is_flag=True, help="As it was written, terminal escapes included.")
@pass_shell
def export(shell: Shell, conversation: str, style: Any, output: Path | None, *, raw: bool) -> None:
    """Print a conversation as Markdown or JSON, or write it into a file of yours alone."""
    text = shell.runtime.conversations.export(conversation, style, raw=raw)
    if output is None:
        foreign(text, end="", raw=raw)
        return
    _write(output, text)
    note(f"Written to {output}.")


@history.command("left")
@click.argument("name", default="", metavar="[CONVERSATION or RECEIPT]")
@click.option(
    "--format", "style", type=click.Choice(["markdown", "html", "json"]), default="markdown"
)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), default=None)
@pass_shell
def left(shell: Shell, name: str, style: Any, output: Path | None) -> None:
    """Print the very text that left this machine, as one document to hand on.

    Of one conversation, of one answer by its receipt, or of all. `json` holds the very bytes.
    """
    sent = shell.runtime.admin.sent
    found = sent.of(name) if name else sent.latest()
    if not found:
        note("Nothing left this machine.")
        return
    text = sent.document(found, style)
    if output is None:
        foreign(text, end="")
        return
    _write(output, text)
    note(f"Written to {output}.")


def _write(output: Path, text: str) -> None:
    """Make ``text`` the content of a plain file that only its owner reads."""
    if output.is_symlink() or (output.exists() and not output.is_file()):
        raise EdgeRouteError(f"{output} is a link or no plain file.", "Name another file.")
    try:
        output.parent.stat()
        write_private(output, text.encode("utf-8", "replace"))
    except OSError as error:
        raise EdgeRouteError(
            f"{output} cannot be written ({error.strerror}).", "Name another file."
        ) from error


@history.command("mask")
@click.argument("conversation", shell_complete=complete.conversations)
@pass_shell
def mask(shell: Shell, conversation: str) -> None:
    """Let a held conversation go on with placeholders in place of personal data.

    What cannot be masked with certainty holds it here again.
    """
    shell.runtime.conversations.mask(conversation)
    note("It goes on with placeholders in place of personal data.")


@history.command("accept-loss")
@pass_shell
def accept_loss(shell: Shell) -> None:
    """Let old conversations go on after a part of the history was lost.

    What held personal data and is known to stays here; of what is gone nobody can say.
    """
    freed = plural(shell.runtime.conversations.accept_loss(), "conversation")
    note(f"The loss is accepted; {freed} may go on. New ones begin as ever.")


@history.command("delete")
@click.argument(
    "conversations",
    nargs=-1,
    metavar="CONVERSATION...",
    shell_complete=complete.conversations,
)
@click.option("--all", "everything", is_flag=True, help="All conversations and receipts.")
@click.option("--records", is_flag=True, help="With --all: the ledger, alerts and outcomes too.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_shell
def delete(
    shell: Shell, conversations: tuple[str, ...], *, everything: bool, records: bool, yes: bool
) -> None:
    """Delete conversations with their receipts, so that nothing readable remains on the disk."""
    if everything == bool(conversations) or (records and not everything):
        raise click.UsageError("Name the conversations, or write --all (and then --records).")
    what = "everything" if everything else plural(len(conversations), "conversation")
    if not yes:
        click.confirm(f"Delete {what}? There is no way back.", abort=True, err=True)
    runtime = shell.runtime
    if everything:
        gone = runtime.conversations.purge(records=records)
        note(_deleted(gone["conversations"]))
        return
    for name in conversations:
        runtime.conversations.delete(name)
    note(_deleted(len(conversations)))


def _deleted(count: int) -> str:
    return f"{plural(count, 'conversation')} {'is' if count == 1 else 'are'} deleted."


def _without(row: Conversation | SearchHit, name: str) -> dict[str, Any]:
    """The fields of ``row`` but for the one called ``name``."""
    return {field: value for field, value in asdict(row).items() if field != name}


def _privacy(row: Conversation) -> str:
    return f"{row.mode.value}, stays here" if row.latched else row.mode.value
