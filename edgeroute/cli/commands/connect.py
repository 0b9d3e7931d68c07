"""``edgeroute connect``: points another program at the endpoint, with a token of its own."""

from __future__ import annotations

import difflib
import json
import os
import sys
from typing import TYPE_CHECKING, Final

import click

from edgeroute import config
from edgeroute.cli.shell import Shell, foreign, note, out, pass_shell, table
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.verdict import PrivacyMode

if TYPE_CHECKING:
    from pathlib import Path

    from edgeroute.cli.connect.catalogue import Program, Values
    from edgeroute.cli.connect.settings_file import Change

_RECORDS: Final = "connected"
_QUESTION: Final = (
    "What an agent reads may hold personal data. With `mask` it is replaced by placeholders before"
    " anything leaves, and restored in the answers (recommended); with `auto` a session that held"
    " some stays on this machine; `private` keeps every session here."
)
_START: Final = (
    "Start it with `edgeroute serve`, or at every login with `edgeroute service install`."
)


@click.command()
@click.argument("client", default="")
@click.argument("arguments", nargs=-1)
@click.option(
    "--run", is_flag=True, help="Start CLIENT with ARGUMENTS and write none of its files."
)
@click.option("--undo", is_flag=True, help="Put its settings back and take its token away.")
@click.option("--token", "show", is_flag=True, help="Print its token and do nothing else.")
@click.option("--model", default="auto", show_default=True, help="The model that it asks for.")
@click.option(
    "--privacy",
    type=click.Choice([mode.value for mode in PrivacyMode]),
    help="The mode its conversations begin in.",
)
@click.option("--yes", "-y", is_flag=True, help="Ask nothing.")
@pass_shell
def connect(
    shell: Shell,
    client: str,
    arguments: tuple[str, ...],
    *,
    run: bool,
    undo: bool,
    show: bool,
    model: str,
    privacy: str | None,
    yes: bool,
) -> None:
    """Point CLIENT at the endpoint; without CLIENT, list what is installed and connected.

    Shows what it will write and asks. After `--run --` come the client's own arguments.
    """
    del shell
    from edgeroute.server.access.clients import ClientTokens

    if run + undo + show > 1 or (arguments and not run):
        raise click.UsageError("Give one of --run, --undo and --token; ARGUMENTS only after --run.")
    paths = config.Paths.find()
    tokens = ClientTokens(paths.state)
    if show:
        out(tokens.get(client).reveal())
        return
    from edgeroute.cli.connect.catalogue import Values, programs

    known = programs()
    if not client:
        _list(known, paths)
        return
    if client not in known:
        raise EdgeRouteError(f"There is no client {client!r}.", f"Known: {', '.join(known)}.")
    record = paths.state / _RECORDS / f"{client}.json"
    if undo:
        _undo(client, record, tokens.path(client), yes=yes)
        return
    settings = config.load(paths.settings)
    base = f"http://{settings.server.host}:{settings.server.port}"
    program = known[client]
    if run and (program.environment is None or not program.path):
        raise _cannot_run(client, program)
    values = Values(client, base, tokens.make(client).reveal(), tokens.path(client), model)
    if privacy is None and program.agent and client not in settings.clients:
        privacy = _asked_privacy(yes=yes)
    if not run:
        _write(program, values, record, yes=yes)
    if privacy is not None or (not run and client not in settings.clients):
        config.change(paths.settings, f"clients.{client}.privacy", privacy or "")
    _check_endpoint(settings.server, must=run)
    if run:
        _start(program, values, arguments)


def _list(known: dict[str, Program], paths: config.Paths) -> None:
    """What is installed, and what is connected."""
    from concurrent.futures import ThreadPoolExecutor

    profiles = config.load(paths.settings).clients
    installed = {name: one for name, one in known.items() if one.path}
    with ThreadPoolExecutor() as pool:
        versions = dict(zip(installed, pool.map(lambda p: p.version(), installed.values()),
                            strict=True))  # fmt: skip
    rows = []
    for name, one in known.items():
        connected = "yes" if (paths.state / _RECORDS / f"{name}.json").exists() else "-"
        profile = profiles.get(name)
        shown = "-" if profile is None else profile.privacy or "as for everybody"
        rows.append((name, one.path or "not installed", versions.get(name, ""), connected, shown))
    table(("CLIENT", "PROGRAM", "VERSION", "CONNECTED", "PROFILE"), rows)


def _asked_privacy(*, yes: bool) -> str | None:
    """What the user wants for what an agent reads; None where nobody is there to be asked."""
    if yes or not sys.stdin.isatty():
        return None
    note(_QUESTION)
    modes = click.Choice(["mask", "auto", "private"])
    answer: str = click.prompt("Privacy", type=modes, default="mask", err=True)
    return answer


def _write(program: Program, values: Values, record: Path, *, yes: bool) -> None:
    """Show what will be written, ask, and write it; print a snippet where there is no file."""
    from edgeroute.cli.connect import settings_file

    if program.snippet:
        foreign(values.fill(program.snippet), end="")
        return
    if not program.file:
        note(f"{program.title} can keep its key in a plain file only, so nothing is written.")
        note(f"Start it with: edgeroute connect {values.name} --run")
        return
    if not program.path:
        note(
            f"{program.title} (`{program.program}`) is not installed; its settings can be written."
        )
    merge = values.fill(program.merge)
    change = settings_file.planned(program.settings, merge)
    if change.before == change.after and record.exists():
        note(f"{program.title} is connected already.")
        return
    foreign(_diff(change, values.token), end="")
    if not yes and not click.confirm(f"Write {change.file}?", default=True, err=True):
        raise click.Abort
    settings_file.keep(change, merge, record)
    note(f"{program.title} is connected. Undo: edgeroute connect {values.name} --undo")
    if program.after:
        note(program.after)


def _diff(change: Change, token: str) -> str:
    """The difference as people read it, without the token."""
    old, new = ((text or b"").decode("utf-8", "replace").splitlines(keepends=True)
                for text in (change.before, change.after))  # fmt: skip
    name = str(change.file)
    lines = difflib.unified_diff(old, new, name, name, n=2)
    shown = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
    return shown.replace(token, "<its token>")


def _undo(client: str, record: Path, token: Path, *, yes: bool) -> None:
    from edgeroute.cli.connect import settings_file

    if record.exists():
        question = "Its settings were edited since. Take only EdgeRoute's own keys out?"
        if (
            settings_file.edited(record)
            and not yes
            and not click.confirm(question, default=True, err=True)
        ):
            raise click.Abort
        note(f"{settings_file.undo(record)} no longer names EdgeRoute.")
    elif not token.exists():
        note(f"{client} is not connected.")
        return
    token.unlink(missing_ok=True)
    note(f"Its token is worth nothing any more. Its profile stays in [clients.{client}].")


def _check_endpoint(server: config.ServerSettings, *, must: bool) -> None:
    from edgeroute.server.probe import listens

    if listens(server.host, server.port):
        return
    message = f"Nothing listens on {server.host}:{server.port} yet."
    if must:
        raise EdgeRouteError(message, _START)
    note(f"{message} {_START}")


def _cannot_run(client: str, program: Program) -> EdgeRouteError:
    if program.environment is None:
        return EdgeRouteError(
            f"{program.title} cannot be told by its environment where to ask.",
            f"Use `edgeroute connect {client}` without --run.",
        )
    return EdgeRouteError(
        f"{program.title} is not installed: there is no `{program.program}`.",
        "Install it, or put it on your PATH, and try again.",
    )


def _start(program: Program, values: Values, arguments: tuple[str, ...]) -> None:
    """Become the client."""
    environment = {name: text for name, text in os.environ.items() if name not in program.unset}
    environment |= values.fill(program.environment)
    environment |= {
        name: json.dumps(values.fill(value)) for name, value in program.environment_json.items()
    }
    words = [program.path, *values.fill(program.arguments), *arguments]
    # The program is the one that the user named, and no shell reads its words.
    os.execve(program.path, words, environment)  # noqa: S606
