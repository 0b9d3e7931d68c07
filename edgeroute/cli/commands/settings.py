"""``edgeroute config``: settings, and the lists of what is never and what is always private."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from edgeroute import config as settings
from edgeroute.cli import complete
from edgeroute.cli.named_group import NamedGroup
from edgeroute.cli.shell import Shell, as_json, note, out, pass_shell, piped, table
from edgeroute.core.errors import SettingsError
from edgeroute.core.names import unknown
from edgeroute.core.pictures import allowed_as
from edgeroute.settings import ALL_SETTINGS
from edgeroute.settings_fields import fields_of_file
from edgeroute.tui.setting_check import check_setting

_KINDS: Final = ("name", "project", "pattern")


@click.group(cls=NamedGroup)
def config() -> None:
    """Show and change settings and privacy lists."""


@config.command("path")
@pass_shell
def path(shell: Shell) -> None:
    """Print where the settings file is."""
    del shell
    out(str(settings.Paths.find().settings))


@config.command("show")
@click.option("--json", "machine", is_flag=True, help="Print one JSON object.")
@pass_shell
def show(shell: Shell, *, machine: bool) -> None:
    """Print every setting with its value, as TOML."""
    if machine:
        as_json(msgspec.to_builtins(shell.runtime.settings))
    else:
        out(settings.show(shell.runtime.settings), end="")


# A number below zero is a value, if seldom a right one, and no option.
@config.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("key", shell_complete=complete.settings)
@click.argument("value", shell_complete=complete.values)
@pass_shell
def set_(shell: Shell, key: str, value: str) -> None:
    """Set KEY, such as router.tier, to VALUE; comments in the file are kept."""
    _must_be_known(shell, key, value)
    file = settings.Paths.find().settings
    settings.change(file, key, value)
    note(f"{key} is set in {file}.")


@config.command("reset")
@click.argument("key", shell_complete=complete.settings)
@pass_shell
def reset(shell: Shell, key: str) -> None:
    """Take KEY out of the settings file, so that its default holds again."""
    del shell
    file = settings.Paths.find().settings
    known = [one.key for one in fields_of_file(settings.load(file), file)]
    if key not in known:
        raise unknown("setting", key, known, ALL_SETTINGS)
    settings.forget(file, key)
    note(f"{key} has its default again.")


def _must_be_known(shell: Shell, key: str, value: str) -> None:
    """Refuse a name that there is not: nothing could be asked, or nothing started, any more.

    Raises:
        SettingsError: there is none; with the nearest names.
    """
    try:
        admin, own = shell.runtime.admin, shell.runtime.settings.chat
    except SettingsError:
        return  # another mistake in the file must not keep anyone from mending this one
    admin.check_setting(key, value)
    check_setting(key, value, own.keys)


def _allowed_as(picture: Path | None, question: str) -> str:
    return allowed_as(picture.read_bytes()) if picture else _text(question)


_picture = click.option(
    "--picture",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="One picture, to the byte, whatever it shows.",
)


@config.command("allow")
@_picture
@pass_shell
def allow(shell: Shell, picture: Path | None) -> None:
    """Never count one exact text as personal data, asked for or piped in; or let one picture leave.

    Only a keyed hash of it is kept. Text that can be read in a picture is judged all the same.
    """
    shell.runtime.lists.allow(_allowed_as(picture, "Text that is not private"))
    note("It no longer counts as personal data.")


@config.command("disallow")
@_picture
@pass_shell
def disallow(shell: Shell, picture: Path | None) -> int:
    """Let a text or a picture that was allowed count again."""
    if shell.runtime.lists.disallow(_allowed_as(picture, "Text that may be private again")):
        note("It counts again.")
        return 0
    note("It was not on the list.")
    return 1


@config.command("private")
@click.option("--kind", type=click.Choice(_KINDS), default="name", show_default=True)
@click.option("--forget", is_flag=True, help="Take it off the list.")
@click.option(
    "--import",
    "source",
    metavar="SOURCE",
    help="Import people, numbers, addresses and secrets: a vCard, CSV, .env or plain list, a"
    " database's address, which is only read, or `me`: what your account and git call you.",
)
@click.option("--dry-run", is_flag=True, help="Only say what an import would keep and change.")
@click.option("--list", "listed", is_flag=True, help="Say how much of which kind was imported.")
@click.option("--remove", metavar="WHAT", help="Remove an imported kind, a SOURCE, or `all`.")
@pass_shell
def private(
    shell: Shell,
    kind: Any,
    source: str | None,
    remove: str | None,
    *,
    forget: bool,
    dry_run: bool,
    listed: bool,
) -> int:
    """Always keep a name, a project or a pattern on this machine, asked for or piped in.

    With --import many at once. Of these only keyed hashes are kept, and they are found in any
    case, order, script and spelling.
    """
    if sum((forget, listed, source is not None, remove is not None)) > 1:
        raise click.UsageError("Give one of --forget, --import, --list and --remove.")
    if dry_run and source is None:
        raise click.UsageError("--dry-run needs --import SOURCE.")
    if source is not None:
        return _import(shell, source, dry_run=dry_run)
    if listed:
        return _list(shell)
    if remove is not None:
        count = shell.runtime.admin.own.remove(remove)
        note(f"{count} entries are removed." if count else f"Nothing was imported as {remove}.")
        return 0 if count else 1
    text = _text("What is always private")
    if forget:
        known = shell.runtime.lists.forget_private(text)
        note("It is no longer always private." if known else "It was not on the list.")
        return 0 if known else 1
    shell.runtime.lists.keep_private(kind, text)
    note("Prompts that hold it stay on this machine.")
    return 0


def _import(shell: Shell, source: str, *, dry_run: bool) -> int:
    """Import from ``source``, or only say what would be kept; values are never shown."""
    own = shell.runtime.admin.own
    preview = own.preview(source)
    table(("KIND", "ENTRIES"), [(kind, str(n)) for kind, n in preview.counts.items()], right=(1,))
    for reason, count in preview.skipped.items():
        note(f"{count} skipped: {reason}.")
    if not own.knows_rare_words:
        note(
            "Single words are all skipped, since the model that knows rare ones is not here:"
            " `edgeroute doctor` says how to get it."
        )
    note(
        f"Of the last {preview.prompts} prompts {preview.held} would have been held or masked."
        " What is skipped can be named one by one with `edgeroute config private`."
    )
    if dry_run:
        note("Nothing is kept: this was a dry run.")
        return 0
    own.keep(preview)
    note("Kept as keyed hashes. Prompts that hold any of it stay on this machine, or are masked.")
    return 0


def _list(shell: Shell) -> int:
    """Counts and kinds of what was imported."""
    rows = [
        (f"{one.at:%Y-%m-%d %H:%M}", kind, str(count))
        for one in shell.runtime.admin.own.listed()
        for kind, count in one.counts.items()
    ]
    table(("IMPORTED", "KIND", "ENTRIES"), rows, right=(2,))
    note(f"{len(shell.runtime.lists.private)} more were named one by one.")
    return 0


def _text(question: str) -> str:
    """A text that must not stand in the shell's history, so it is no argument."""
    if sys.stdin.isatty():
        text: str = click.prompt(question, err=True)
    else:
        text = piped()
    text = text.strip()
    if not text:
        raise click.UsageError("There is no text. Type it when asked, or pipe it in.")
    return text
