"""The programs that can be connected, and what their entries say for this installation."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from edgeroute import datafile

_KEPT: Final = ("EDGEROUTE_HOME", "EDGEROUTE_MODELS")
_VERSION_SECONDS: Final = 10


class Program(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One entry of rules/tables/clients.yaml, which says what its fields mean."""

    title: str
    program: str
    agent: bool = False
    file: str = ""
    folder_variable: str = ""
    merge: dict[str, Any] = {}
    environment: dict[str, str] | None = None
    environment_json: dict[str, Any] = {}
    start_file: dict[str, Any] = {}
    unset: list[str] = []
    arguments: list[str] = []
    snippet: str = ""
    after: str = ""

    @property
    def settings(self) -> Path:
        """Its settings file, in the folder that its own variable names where that is set."""
        folder = os.environ.get(self.folder_variable, "") if self.folder_variable else ""
        file = Path(self.file).expanduser()
        return Path(folder).expanduser() / file.name if folder else file

    @property
    def path(self) -> str:
        """Where it is installed; empty where it is not."""
        return shutil.which(self.program) or ""

    def version(self) -> str:
        """The first line of what it calls its version; empty where it does not say."""
        try:
            # The program's name is ours, and no shell reads it.
            done = subprocess.run(  # noqa: S603
                [self.path, "--version"],
                capture_output=True,
                text=True,
                timeout=_VERSION_SECONDS,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return next(iter(done.stdout.strip().splitlines()), "")


def programs() -> dict[str, Program]:
    """All entries by name."""
    return datafile.table("clients", dict[str, Program])


@dataclass(frozen=True, slots=True)
class ConnectValues:
    """What stands for the names in braces."""

    name: str
    base: str
    token: str
    token_file: Path
    start_file: Path
    model: str

    @property
    def words(self) -> list[str]:
        """The command that prints the token."""
        kept = [f"{name}={os.environ[name]}" for name in _KEPT if os.environ.get(name)]
        start = ["/usr/bin/env", *kept] if kept else []
        return [*start, sys.executable, "-m", "edgeroute", "connect", self.name, "--token"]

    def fill(self, value: Any) -> Any:
        """``value`` with every name in braces replaced, in keys as well."""
        if isinstance(value, dict):
            return {self.fill(key): self.fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        if value == "{token_arguments}":
            return self.words[1:]
        if not isinstance(value, str):
            return value
        for name, text in {
            "{token_file}": str(self.token_file),
            "{start_file}": str(self.start_file),
            "{token_command}": shlex.join(self.words),
            "{token_program}": self.words[0],
            "{token_list}": json.dumps(self.words),
            "{token}": self.token,
            "{base}": self.base,
            "{model}": self.model,
        }.items():
            value = value.replace(name, text)
        return value
