"""``edgeroute models``: the models of this machine."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import click

from edgeroute.cli import complete
from edgeroute.cli.progress import ProgressLine
from edgeroute.cli.shell import Shell, as_json, note, out, pass_shell, table
from edgeroute.core.names import unknown
from edgeroute.core.words import size


@click.group()
def models() -> None:
    """Fetch, choose and remove local models."""


@models.command("list")
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def list_models(shell: Shell, *, machine: bool) -> None:
    """List the models that are here and those that can be fetched."""
    rows = shell.runtime.admin.models.list()
    if machine:
        as_json([asdict(row) for row in rows])
        return
    table(
        ("ID", "", "SIZE", "LICENCE", "NOTE"),
        [
            (
                row.id,
                "here" if row.present else "best here" if row.recommended else "",
                size(row.bytes),
                row.licence,
                row.note,
            )
            for row in rows
        ],
        right=(2,),
    )


@models.command("recommend")
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def recommend(shell: Shell, *, machine: bool) -> None:
    """Say which models suit this machine, best first."""
    found = shell.runtime.admin.models
    advice = found.recommend()
    if machine:
        as_json([{"id": one.build.id, "reason": one.reason} for one in advice])
        return
    note(f"This machine: {found.machine.sentence}.")
    table(("ID", "WHY"), [(one.build.id, one.reason) for one in advice])


def _must_be_known(shell: Shell, model: str) -> None:
    """Refuse a name that no local model has, before anything is begun."""
    known = [row.id for row in shell.runtime.admin.models.list()]
    if model.removeprefix("local/") not in {"auto", *known}:
        listed = "`edgeroute models list` shows those that are here and those that can be fetched."
        raise unknown("local model", model, known, listed)


@models.command("pull")
@click.argument("model", default="auto", shell_complete=complete.local_models)
@pass_shell
def pull(shell: Shell, model: str) -> None:
    """Fetch MODEL (default: the best for this machine), resume where it stopped, check it."""
    _must_be_known(shell, model)

    async def work() -> str:
        with closing(ProgressLine()) as progress:
            pulled = await shell.runtime.admin.pull(model, progress)
        return str(pulled.path)

    out(shell.run(work))


@models.command("use")
@click.argument("model", shell_complete=complete.local_models)
@pass_shell
def use(shell: Shell, model: str) -> None:
    """Let MODEL answer on this machine (`auto`: the best that is here)."""
    _must_be_known(shell, model)
    runtime = shell.runtime
    name = "auto" if model == "auto" else runtime.admin.models.use(model).id
    runtime.save("local.model", name)
    note(f"{name} answers on this machine from now on.")


@models.command("remove")
@click.argument("model", shell_complete=complete.local_models)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_shell
def remove(shell: Shell, model: str, *, yes: bool) -> None:
    """Delete the files of MODEL."""
    _must_be_known(shell, model)
    if not yes:
        click.confirm(f"Delete the files of {model}?", abort=True, err=True)
    freed = shell.runtime.admin.models.remove(model)
    note(f"{size(freed)} are free again." if freed else f"No file of {model} was here.")
