"""``edgeroute chat``: the chat app."""

from __future__ import annotations

import click

from edgeroute import tui
from edgeroute.cli.getting_ready import get_ready
from edgeroute.cli.shell import Shell, pass_shell


@click.command()
@click.option("--plain", is_flag=True, help="Labelled lines instead of a drawn screen.")
@pass_shell
def chat(shell: Shell, *, plain: bool = False) -> int:
    """Open the chat app."""
    get_ready(shell)
    return tui.run(shell.runtime, plain=plain)
