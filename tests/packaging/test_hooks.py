"""The hook that other repositories may use is a command that there is."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import yaml

from edgeroute.cli.group import cli

HOOKS = Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml"


def test_every_hook_is_a_command() -> None:
    """Its entry names a command and options of it, and runs what is installed."""
    for hook in yaml.safe_load(HOOKS.read_text("utf-8")):
        program, name, *options = shlex.split(hook["entry"])
        command = cli.get_command(click.Context(cli), name)
        assert program == "edgeroute"
        assert command is not None
        known = {one for parameter in command.params for one in parameter.opts}
        assert set(options) <= known
        assert hook["language"] == "system"
