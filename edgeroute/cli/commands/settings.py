"""``edgeroute config``: settings, and the lists of what is never and what is always private."""

from __future__ import annotations

import sys
from typing import Any, Final

import click
import msgspec

from edgeroute import config as settings
from edgeroute.cli.shell import Shell, as_json, note, out, pass_shell, piped
from edgeroute.core.errors import SettingsError

_KINDS: Final = ("name", "project", "pattern")


@click.group()
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


@config.command("set")
@click.argument("key")
@click.argument("value")
@pass_shell
def set_(shell: Shell, key: str, value: str) -> None:
    """Set KEY, such as router.tier, to VALUE; comments in the file are kept."""
    if key == "router.policy":
        _must_load(shell, value)
    file = settings.Paths.find().settings
    settings.change(file, key, value)
    note(f"{key} is set in {file}.")


def _must_load(shell: Shell, policy: str) -> None:
    """Check that there is such a policy: without one nothing could be asked any more."""
    try:
        policies = shell.runtime.admin.policies
    except SettingsError:
        return  # another mistake in the file must not keep anyone from mending this one
    policies.named(policy)


@config.command("allow")
@pass_shell
def allow(shell: Shell) -> None:
    """Never count one exact text as personal data, asked for or piped in.

    Only a keyed hash of it is kept.
    """
    shell.runtime.lists.allow(_text("Text that is not private"))
    note("It no longer counts as personal data.")


@config.command("disallow")
@pass_shell
def disallow(shell: Shell) -> int:
    """Let a text that was allowed count again."""
    if shell.runtime.lists.disallow(_text("Text that may be private again")):
        note("It counts again.")
        return 0
    note("It was not on the list.")
    return 1


@config.command("private")
@click.option("--kind", type=click.Choice(_KINDS), default="name", show_default=True)
@click.option("--forget", is_flag=True, help="Take it off the list.")
@pass_shell
def private(shell: Shell, kind: Any, *, forget: bool) -> int:
    """Always keep a name, a project or a pattern on this machine, asked for or piped in."""
    text = _text("What is always private")
    if forget:
        known = shell.runtime.lists.forget_private(text)
        note("It is no longer always private." if known else "It was not on the list.")
        return 0 if known else 1
    shell.runtime.lists.keep_private(kind, text)
    note("Prompts that hold it stay on this machine.")
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
