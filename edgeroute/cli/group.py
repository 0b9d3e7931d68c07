"""The command group: commands are imported when they run, errors become sentences and codes."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from edgeroute import __version__
from edgeroute.cli.command_table import COMMANDS, help_text
from edgeroute.cli.named_group import NamedGroup
from edgeroute.cli.shell import Shell, note
from edgeroute.core.display import safe
from edgeroute.core.errors import EdgeRouteError

_FAILED = 1


class LazyGroup(NamedGroup):
    """A group that knows its commands from a table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"edgeroute.cli.commands.{entry.module}")
        command: click.Command = getattr(module, entry.attribute)
        return command

    def get_help(self, ctx: click.Context) -> str:
        """The same help as without loading click."""
        del ctx
        return help_text()

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Completions of a command's name, without importing any."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(entry.name, help=entry.help)
            for entry in COMMANDS.values()
            if entry.name.startswith(incomplete)
        ]
        return names or click.Command.shell_complete(self, ctx, incomplete)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - click's own signature
        windows_expand_args: bool = True,  # noqa: FBT001, FBT002
        **extra: Any,
    ) -> NoReturn:
        """Run a command and end the program with the documented exit code."""
        del standalone_mode
        shell: Shell = extra.setdefault("obj", Shell())
        try:
            try:
                result = super().main(
                    args,
                    prog_name,
                    complete_var,
                    standalone_mode=False,
                    windows_expand_args=windows_expand_args,
                    **extra,
                )
            finally:
                shell.close()
        except Exception as error:  # noqa: BLE001 - the last place that can say it in a sentence
            sys.exit(_code(error))
        except KeyboardInterrupt:
            note("Stopped.")
            sys.exit(_FAILED)
        sys.exit(result if isinstance(result, int) else 0)


def _code(error: Exception) -> int:
    """Say what went wrong; the exit code for it."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        said = io.StringIO()
        error.show(said)
        note(said.getvalue(), end="")
        return error.exit_code
    if isinstance(error, click.Abort):
        note("Stopped.")
        return _FAILED
    if isinstance(error, EdgeRouteError):
        note(safe(f"edgeroute: {error.message}"))
        if error.hint:
            note(safe(error.hint))
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has gone; nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    if os.environ.get("EDGEROUTE_DEBUG"):
        raise error
    # A traceback may quote a prompt or a key, so it is shown only when asked for.
    note(f"edgeroute: something broke inside ({type(error).__name__}).")
    note("Set EDGEROUTE_DEBUG=1 and try again to see where; `edgeroute doctor` checks the rest.")
    return _FAILED


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="edgeroute", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> int | None:
    """Run the chat app where no command is named."""
    if ctx.invoked_subcommand is not None:
        return None
    from edgeroute.cli.commands.chat import chat

    result: int = ctx.invoke(chat)
    return result
