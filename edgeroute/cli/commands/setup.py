"""``edgeroute setup``: the choices of the first day, one after the other; each can be skipped."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Final

import click

from edgeroute.cli.getting_ready import get_ready
from edgeroute.cli.shell import Shell, dim, foreign, note, out, pass_shell
from edgeroute.core.display import safe
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.secret import Secret
from edgeroute.core.verdict import PrivacyMode
from edgeroute.core.words import size
from edgeroute.tui.words import MODE_EXAMPLES, MODE_SENTENCES

_WITHOUT_TERMINAL: Final = """\
`edgeroute setup` asks questions, so it needs a terminal. The same without one:
  edgeroute config set privacy.mode auto      # or private, or mask
  edgeroute models prepare                    # llama.cpp and a model that fits this machine
  edgeroute keys set PROVIDER < FILE          # then: edgeroute keys test PROVIDER
  edgeroute connect CLIENT --privacy mask --yes
  edgeroute ask "What can you do?\""""


@click.command()
@pass_shell
def setup(shell: Shell) -> int:
    """Walk through the first choices: privacy, local model, keys, a client, a question.

    Enter skips a step, ctrl+c ends; what is set so far stays. It can be run again at any time.
    """
    if not _somebody_is_there():
        note(_WITHOUT_TERMINAL)
        return click.UsageError.exit_code
    get_ready(shell)
    steps: tuple[tuple[str, Callable[[Shell], None]], ...] = (
        ("What may leave this machine", _privacy),
        ("The model of this machine", _model),
        ("Keys of providers", _keys),
        ("A coding agent or another program", _client),
        ("A first question", _question),
    )
    out("Enter skips a step; ctrl+c ends. Everything can be changed later.")
    for number, (title, step) in enumerate(steps, 1):
        out()
        out(click.style(f"{number} of {len(steps)}  {title}", bold=True))
        try:
            step(shell)
        except EdgeRouteError as error:
            note(safe(f"{error.message} {error.hint}".rstrip()))
    out()
    out("Done. `edgeroute` opens the chat app, `edgeroute doctor` checks everything.")
    return 0


def _somebody_is_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked(question: str, choices: tuple[str, ...] = ()) -> str:
    """What the user types; empty where the step is skipped."""
    while True:
        answer: str = click.prompt(question, default="", show_default=False, err=True)
        answer = answer.strip()
        if not answer or not choices or answer in choices:
            return answer
        note(f"Type one of {', '.join(choices)}, or press Enter to skip.")


def _privacy(shell: Shell) -> None:
    now = shell.runtime.new_mode
    for mode in PrivacyMode:
        mark = " (now)" if mode is now else ""
        out(f"  {mode.value:<8} {MODE_SENTENCES[mode]}{mark}")
        out(dim(f"           {MODE_EXAMPLES[mode]}"))
    chosen = _asked("New chats begin with", tuple(mode.value for mode in PrivacyMode))
    if chosen:
        shell.runtime.save("privacy.mode", chosen)
        note(f"New chats begin with {chosen}.")


def _model(shell: Shell) -> None:
    runtime = shell.runtime
    models, preparing = runtime.admin.models, runtime.local.preparing
    if runtime.local.name != "llamacpp":
        status = asyncio.run(runtime.local.status())
        out(f"  {runtime.local.name} answers here: {status.model or '-'}, {status.state}.")
        return
    here = {build.id for build in models.present()}
    advice = models.recommend()
    out(f"  This machine: {models.machine.sentence}.")
    for number, one in enumerate(advice, 1):
        state = "here" if one.build.id in here else size(one.build.bytes)
        pace = f"about {one.speed:.0f} tokens a second"
        best = "  (recommended)" if number == 1 else ""
        out(f"  {number}  {one.build.id:<20} {state:>8}  {pace}{best}")
    now = preparing.now()
    out(dim(f"  Now: {now.sentence}."))
    numbers = tuple(str(number) for number in range(1, len(advice) + 1))
    chosen = _asked("Number (Enter keeps what is chosen)", numbers)
    if not chosen:
        return
    build = advice[int(chosen) - 1].build
    runtime.save("local.model", "auto" if chosen == "1" else build.id)
    if preparing.missing():
        asyncio.run(preparing.stop())
        preparing.begin(asked=True)
        note(f"{build.id} comes behind this; `edgeroute models status` says how far it is.")
    else:
        note(f"{build.id} answers on this machine from now on.")


def _keys(shell: Shell) -> None:
    out("  Without any key everything is answered on this machine.")
    rows = shell.runtime.providers.status()
    for row in rows:
        key = row.key or "no key"
        out(f"  {row.id:<14} {row.name:<24} {key}")
    known = tuple(row.id for row in rows)
    while provider := _asked("Provider (Enter goes on)", known):
        _key(shell, provider)


def _key(shell: Shell, provider: str) -> None:
    """Ask for a key, keep it, test it; a wrong one can be typed anew."""
    typed: str = click.prompt(
        f"Key of {provider} (hidden)", default="", hide_input=True, show_default=False, err=True
    )
    if not (key := typed.strip()):
        return

    async def kept_and_tested() -> str:
        await shell.runtime.providers.set_key(provider, Secret(key))
        return (await shell.runtime.providers.check(provider)).text

    try:
        foreign(f"  {shell.run(kept_and_tested)}")
    except EdgeRouteError as error:
        note(safe(f"{error.message} {error.hint}".rstrip()))


def _client(shell: Shell) -> None:
    from edgeroute.cli.commands.connect import connect
    from edgeroute.cli.connect.catalogue import programs

    del shell
    installed = {name: one for name, one in programs().items() if one.path and not one.snippet}
    if not installed:
        out("  None that is known is installed; `edgeroute connect` lists those that are.")
        return
    for name, one in installed.items():
        out(f"  {name:<14} {one.title}")
    context = click.get_current_context()
    while name := _asked("Connect (Enter goes on)", tuple(installed)):
        try:
            context.invoke(connect, client=name)
        except click.Abort:
            note("Nothing was written.")


def _question(shell: Shell) -> None:
    from edgeroute.cli.commands.ask import ask

    del shell
    out('  For example "Explain what a mutex is", or a letter with a name in it.')
    if question := _asked("Ask"):
        click.get_current_context().invoke(ask, words=(question,))
