"""``edgeroute keys``: provider keys in the operating system's keyring."""

from __future__ import annotations

import sys

import click

from edgeroute.cli import complete
from edgeroute.cli.shell import Shell, as_json, foreign, note, pass_shell, piped, table
from edgeroute.core.secret import Secret


@click.group()
def keys() -> None:
    """Store, test and delete provider keys in the operating system's keyring."""


@keys.command("set")
@click.argument("provider", shell_complete=complete.providers)
@pass_shell
def set_key(shell: Shell, provider: str) -> None:
    """Store the key of PROVIDER, asked for without showing it, or piped in.

    A key is never an argument: other programs can read those.
    """
    named = shell.runtime.providers.named(provider)
    if sys.stdin.isatty():
        value = click.prompt(f"Key of {named.name}", hide_input=True, err=True)
    else:
        value = piped()
    value = value.strip()
    if not value or any(char.isspace() or not char.isprintable() for char in value):
        raise click.UsageError("That is no key: a key is one word of visible characters.")
    shell.run(lambda: shell.runtime.providers.set_key(provider, Secret(value)))
    note(f"The key of {named.name} is in the keyring. Test it: edgeroute keys test {provider}")


@keys.command("list")
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def list_keys(shell: Shell, *, machine: bool) -> None:
    """List providers and where their keys come from; no key is shown."""
    managed = shell.runtime.providers.status()
    rows = [*managed, *shell.runtime.providers.servers()]
    if machine:
        as_json([{"provider": r.id, "name": r.name, "key": r.key, "state": r.state} for r in rows])
        return
    table(
        ("PROVIDER", "NAME", "KEY", "STATE"), [(r.id, r.name, r.key or "-", r.state) for r in rows]
    )
    if not any(row.has_key for row in managed):
        note("No provider has a key, so that everything is answered here. Add one with"
             " `edgeroute keys set PROVIDER`.")  # fmt: skip


@keys.command("test")
@click.argument("provider", shell_complete=complete.providers)
@pass_shell
def test_key(shell: Shell, provider: str) -> int:
    """Ask PROVIDER whether it accepts the stored key; the request holds no prompt."""
    checked = shell.run(lambda: shell.runtime.providers.check(provider))
    foreign(checked.text)
    return 0 if checked.state == "good" else 1


@keys.command("delete")
@click.argument("provider", shell_complete=complete.providers)
@pass_shell
def delete_key(shell: Shell, provider: str) -> int:
    """Remove the key of PROVIDER from the keyring."""
    if provider not in shell.runtime.providers.stored():
        note(f"There is no key of {provider} in the keyring.")
        return 1
    shell.run(lambda: shell.runtime.providers.delete_key(provider))
    note(f"The key of {provider} is deleted.")
    return 0
