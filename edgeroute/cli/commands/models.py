"""``edgeroute models``: the models of this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import closing, suppress
from dataclasses import asdict
from typing import Final

import click

from edgeroute.cli import complete
from edgeroute.cli.getting_ready import WaitingLine
from edgeroute.cli.named_group import NamedGroup
from edgeroute.cli.progress import ProgressLine
from edgeroute.cli.shell import Shell, as_json, foreign, note, out, pass_shell, table
from edgeroute.core.errors import LocalModelError
from edgeroute.core.names import unknown
from edgeroute.core.words import passed, size

_LLAMACPP: Final = "llamacpp"
_LESS: Final = 10
_WINDOWS: Final = (8_192, 32_768)
_WHOLE: Final = 10  # tokens per second from which a fraction says nothing
_STATES: Final = {
    "ready": "This machine can answer by itself.",
    "running": "The local model is being prepared:",
    "interrupted": "The preparation was interrupted; `edgeroute models prepare` goes on with it.",
    "stopped": "You have stopped the preparation; `edgeroute models prepare` goes on with it.",
    "failed": "The local model could not be prepared:",
    "needed": "Nothing is prepared yet; the app, or `edgeroute models prepare`, begins it.",
}


@click.group(cls=NamedGroup)
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
@click.option("--no-probe", is_flag=True, help="Let no model write for ten seconds to measure it.")
@pass_shell
def recommend(shell: Shell, *, machine: bool, no_probe: bool) -> None:
    """Say which models suit this machine, best first, and what to expect of each.

    The speed is by what was measured here: on answers, else on ten seconds of writing.
    """
    found, admin = shell.runtime.admin.models, shell.runtime.admin
    pace = admin.local_models.pace()
    try:
        pace = pace if pace or no_probe else shell.run(admin.pace)
    except LocalModelError as error:
        note(f"Nothing could be measured: {error.message}")
    advice = [*found.recommend(pace), *found.slower(pace)]
    if machine:
        as_json([one.as_json() | {"measured": bool(pace)} for one in advice])
        return
    how = "measured here" if pace else "estimated: no model is here that could be measured"
    note(f"This machine: {found.machine.sentence}. Speeds are {how}.")
    table(
        ("ID", "TOKENS/S", "8K", "32K", "LANGUAGES", "PRIVATE PROMPTS", "WHY"),
        [
            (
                one.build.id,
                f"{one.speed:.0f}" if one.speed >= _WHOLE else f"{one.speed:.1f}",
                *(size(one.memory(window)) for window in _WINDOWS),
                str(one.languages),
                one.letters,
                one.reason,
            )
            for one in advice
        ],
        right=(1, 2, 3, 4),
    )
    note("8K and 32K: memory with so many tokens of context. All of them call tools.")
    if judge := next((one.build.judged.by for one in advice if one.build.judged), ""):
        note(f"Private prompts: 30 in five languages, judged by {judge} with a written rubric.")


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
    """Fetch MODEL (default: the best for this machine), resume where it stopped, check it.

    `llamacpp` is llama.cpp itself: its locked sources are compiled for this processor.
    """
    if model != _LLAMACPP:
        _must_be_known(shell, model)

    async def work() -> str:
        with closing(ProgressLine()) as progress:
            pulled = await shell.runtime.admin.pull(model, progress)
        return str(pulled.path)

    out(shell.run(work))


@models.command("prepare")
@click.option("--stop", is_flag=True, help="Stop it where it runs behind the app, until asked for.")
@click.option("--behind", is_flag=True, hidden=True, help="As the app does it: quietly.")
@pass_shell
def prepare(shell: Shell, *, stop: bool, behind: bool) -> None:
    """Make this machine able to answer: compile llama.cpp and fetch a model that fits.

    The app does it by itself, behind what you do. What has come so far is kept, and goes on.
    """
    preparing = shell.locked.local.preparing
    if stop:
        at_it = shell.run(preparing.stop)
        note("Stopped." if at_it else "Nothing was running.")
        note("`edgeroute models prepare` goes on where it stopped.")
        return
    if behind:
        os.nice(_LESS)
    with preparing.holding() as mine:
        if mine and behind and preparing.stopped:
            return
        if mine:
            with suppress(asyncio.CancelledError):  # somebody has stopped it
                shell.run(lambda: _prepare(shell, quiet=behind))
            return
    if not behind:
        note("It is being done already; ctrl+c leaves it alone.")
        shell.run(lambda: WaitingLine(preparing.now).until_ready())


async def _prepare(shell: Shell, *, quiet: bool) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    if quiet:
        await shell.locked.admin.prepare(lambda _: None)
        return
    with closing(ProgressLine()) as progress:
        await shell.locked.admin.prepare(progress)
    note("This machine can answer by itself.")


@models.command("status")
@click.option("--json", "machine", is_flag=True, help="Print one JSON object.")
@pass_shell
def status(shell: Shell, *, machine: bool) -> None:
    """Say whether this machine can answer by itself, and how far what it needs has come."""
    preparing = shell.locked.local.preparing
    now, missing = preparing.now(), [*preparing.missing_support(), *preparing.missing()]
    if machine:
        as_json(asdict(now) | {"missing": missing})
        return
    out(_STATES[now.state])
    for part in now.parts if now.state != "ready" else ():
        out(f"  {part.name} is here" if part.ready else f"  {part.sentence}")
    if now.state == "running":
        out(f"  for {passed(time.time() - now.began)} by now")
    if now.state == "failed":
        foreign(f"  {now.error}\n  {now.hint}")
    if missing:
        note(f"Missing: {', '.join(missing)}.")


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
