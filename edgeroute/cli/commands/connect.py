"""``edgeroute connect``: points another program at the endpoint, with a token of its own."""

from __future__ import annotations

import difflib
import json
import os
import sys
from dataclasses import replace
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import click

from edgeroute import config
from edgeroute.cli import complete
from edgeroute.cli.shell import Shell, foreign, note, out, pass_shell, table
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.names import unknown
from edgeroute.core.verdict import PrivacyMode

if TYPE_CHECKING:
    from pathlib import Path

    from edgeroute.cli.connect.catalogue import ConnectValues, Program
    from edgeroute.cli.connect.settings_file import Change
    from edgeroute.server.access.clients import ClientTokens
    from edgeroute.settings import ServerSettings

_RECORDS: Final = "connected"
_STARTS: Final = "client-starts"
_QUESTION: Final = (
    "What an agent reads may hold personal data. With `mask` it is replaced by placeholders before"
    " anything leaves, and restored in the answers (recommended); with `auto` a session that held"
    " some stays on this machine; `private` keeps every session here."
)
_AS_FOR_ALL: Final = (
    "Its conversations begin in everybody's privacy mode. `--privacy mask` lets its sessions go on"
    " with placeholders in place of personal data."
)
_HIDDEN: Final = "<its token>"
_START: Final = (
    "Start it with `edgeroute serve`, or at every login with `edgeroute service install`."
)


@click.command()
@click.argument("client", default="", shell_complete=complete.programs)
@click.argument("arguments", nargs=-1)
@click.option(
    "--run", is_flag=True, help="Start CLIENT with ARGUMENTS and write none of its files."
)
@click.option(
    "--undo", is_flag=True, help="Put its settings back, and take its token and profile away."
)
@click.option(
    "--person",
    is_flag=True,
    help="CLIENT is somebody who shares this endpoint: a token and a profile of their own.",
)
@click.option("--token", "show", is_flag=True, help="Print its token and do nothing else.")
@click.option(
    "--model",
    default="auto",
    show_default=True,
    help="The model that it asks for.",
    shell_complete=complete.models,
)
@click.option(
    "--privacy",
    type=click.Choice([mode.value for mode in PrivacyMode]),
    help="The mode its conversations begin in.",
)
@click.option(
    "--policy",
    default="",
    help="A routing policy of its own.",
    shell_complete=complete.policies,
)
@click.option("--daily-usd", type=click.FloatRange(min=0), help="What it may spend in a day.")
@click.option("--models", default="", help="Managed models that it may use: `anthropic/*,x/y`.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing.")
@pass_shell
def connect(
    shell: Shell,
    client: str,
    arguments: tuple[str, ...],
    *,
    run: bool,
    undo: bool,
    person: bool,
    show: bool,
    model: str,
    yes: bool,
    **wishes: Any,
) -> None:
    """Point CLIENT at the endpoint; without CLIENT, list what is installed and connected.

    Shows what it will write and asks. After `--run --` come the client's own arguments.
    """
    from edgeroute.server.access.clients import ClientTokens

    if run + undo + show + person > 1 or (arguments and not run):
        raise click.UsageError(
            "Give one of --run, --undo, --person and --token; ARGUMENTS only after --run."
        )
    paths = config.Paths.find()
    tokens = ClientTokens(paths.state)
    if show:
        out(tokens.get(client).reveal())
        return
    from edgeroute.cli.connect.catalogue import ConnectValues, programs

    known = programs()
    if not client:
        _list(known, paths)
        return
    profile = config.load(paths.settings).clients.get(client)
    if wishes["policy"]:
        shell.runtime.with_policy(wishes["policy"])
    if person:
        _let_in(client, tokens, paths.settings, wishes, is_program=client in known)
        return
    if client not in known and not (undo and profile and profile.person):
        raise unknown("program", client, known)
    record = paths.state / _RECORDS / f"{client}.json"
    start_file = paths.state / _STARTS / f"{client}.json"
    if undo:
        start_file.unlink(missing_ok=True)
        _undo(client, record, tokens.path(client), paths.settings, yes=yes)
        return
    settings = config.load(paths.settings)
    program = known[client]
    if run:
        _check_run(client, program)
    _check_endpoint(settings.server, must=run)
    new = client not in settings.clients
    if wishes["privacy"] is None and program.agent and new:
        wishes["privacy"] = _asked_privacy(yes=yes)
    token = tokens.get(client).reveal() if tokens.path(client).exists() else _HIDDEN
    base = f"http://{settings.server.host}:{settings.server.port}"
    values = ConnectValues(client, base, token, tokens.path(client), start_file, model)
    agreed = not run and _agreed(program, values, record, yes=yes)
    # The profile comes first: a token without it would be let in under everybody's mode.
    _keep_profile(paths.settings, client, wishes, new=new and not run)
    values = replace(values, token=tokens.make(client).reveal())
    if run:
        _start(program, values, arguments)
    elif agreed:
        _write(program, values, record)


def _let_in(
    name: str, tokens: ClientTokens, file: Path, wishes: dict[str, Any], *, is_program: bool
) -> None:
    """Give the person ``name`` a profile, then a token: in this order, so that no token is let in
    without it.
    """
    tokens.path(name)  # a name that is not fit is refused before anything is written
    settings = config.load(file)
    profile = settings.clients.get(name)
    if is_program or (profile is not None and not profile.person):
        raise EdgeRouteError(
            f"{name} is the name of a program.", "Give the person another name, such as anna-lee."
        )
    config.change(file, f"clients.{name}.person", "true")
    _keep_profile(file, name, wishes, new=profile is None)
    tokens.make(name)
    host = next(iter(settings.server.hosts), "")
    out(f"{name} may ask at {f'https://{host}' if host else 'the address of this endpoint'}.")
    note(f"`edgeroute connect {name} --token` prints the token: hand it over in person.")
    if not host:
        note("Other machines reach it through a proxy with TLS; docs/guides/office.md shows how.")


def _keep_profile(file: Path, client: str, wishes: dict[str, Any], *, new: bool) -> None:
    """Write what is wished for into the client's profile; the mode first."""
    models = [each.strip() for each in wishes["models"].split(",") if each.strip()]
    wanted = {
        "privacy": wishes["privacy"] or ("" if new else None),
        "policy": wishes["policy"] or None,
        "daily_usd": wishes["daily_usd"],
        "models": models or None,
    }
    for key, value in wanted.items():
        if value is not None:
            config.change(file, f"clients.{client}.{key}", json.dumps(value))


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
        note(_AS_FOR_ALL)
        return None
    note(fill(_QUESTION, get_terminal_size().columns))
    modes = click.Choice(["mask", "auto", "private"])
    answer: str = click.prompt("Privacy", type=modes, default="mask", err=True)
    return answer


def _agreed(program: Program, values: ConnectValues, record: Path, *, yes: bool) -> bool:
    """Show what will be written, and ask; print a snippet where there is no file."""
    from edgeroute.cli.connect import settings_file

    if program.snippet:
        foreign(values.fill(program.snippet), end="")
        return False
    if not program.file:
        note(f"{program.title} can keep its key in a plain file only, so none of its is written.")
        note(f"Start it with: edgeroute connect {values.name} --run")
        return False
    if not program.path:
        note(
            f"{program.title} (`{program.program}`) is not installed; its settings can be written."
        )
    change = settings_file.planned(program.settings, values.fill(program.merge), record)
    if change.before == change.after and record.exists():
        note(f"{program.title} is connected already.")
        return False
    foreign(_diff(change, values.token), end="")
    if not yes and not click.confirm(f"Write {change.file}?", default=True, err=True):
        raise click.Abort
    return True


def _write(program: Program, values: ConnectValues, record: Path) -> None:
    from edgeroute.cli.connect import settings_file

    merge = values.fill(program.merge)
    settings_file.keep(settings_file.planned(program.settings, merge, record), merge, record)
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
    return shown.replace(token, _HIDDEN)


def _undo(client: str, record: Path, token: Path, settings: Path, *, yes: bool) -> None:
    """Put its own settings back, then take its token and its profile away, in this order."""
    from edgeroute.cli.connect import settings_file

    connected = record.exists() or token.exists()
    if record.exists():
        question = "Its settings were edited since. Take only EdgeRoute's own keys out?"
        if (
            settings_file.edited(record)
            and not yes
            and not click.confirm(question, default=True, err=True)
        ):
            raise click.Abort
        note(f"EdgeRoute's own keys are out of {settings_file.undo(record)}.")
    token.unlink(missing_ok=True)
    if connected:
        note("Its token is worth nothing any more.")
    profile = config.load(settings).clients.get(client)
    if profile is None:
        if not connected:
            note(f"{client} is not connected.")
        return
    question = f"Forget its profile, too ({profile.words})?"
    if yes or (sys.stdin.isatty() and click.confirm(question, default=True, err=True)):
        config.forget(settings, f"clients.{client}")
        note("Its profile is forgotten.")
    else:
        note(f"Its profile stays in [clients.{client}]; `--undo --yes` takes it away.")


def _check_endpoint(server: ServerSettings, *, must: bool) -> None:
    from edgeroute.server.probe import listens

    if listens(server.host, server.port):
        return
    message = f"Nothing listens on {server.host}:{server.port} yet."
    if must:
        raise EdgeRouteError(message, _START)
    note(f"{message} {_START}")


def _check_run(client: str, program: Program) -> None:
    if program.environment is None:
        raise EdgeRouteError(
            f"{program.title} cannot be told by its environment where to ask.",
            f"Use `edgeroute connect {client}` without --run.",
        )
    if not program.path:
        raise EdgeRouteError(
            f"{program.title} is not installed: there is no `{program.program}`.",
            "Install it, or put it on your PATH, and try again.",
        )


def _start(program: Program, values: ConnectValues, arguments: tuple[str, ...]) -> None:
    """Become the client."""
    if program.start_file:
        from edgeroute.core.private_file import write_private

        wanted = json.dumps(values.fill(program.start_file))
        write_private(values.start_file, wanted.encode())
    environment = {name: text for name, text in os.environ.items() if name not in program.unset}
    environment |= values.fill(program.environment)
    environment |= {
        name: json.dumps(values.fill(value)) for name, value in program.environment_json.items()
    }
    words = [program.path, *values.fill(program.arguments), *arguments]
    # The program is the one that the user named, and no shell reads its words.
    os.execve(program.path, words, environment)  # noqa: S606
