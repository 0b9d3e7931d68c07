"""``edgeroute service``: the endpoint as a service of the user, started at login."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from edgeroute.cli.named_group import NamedGroup
from edgeroute.cli.shell import Shell, note, out, pass_shell
from edgeroute.core.errors import EdgeRouteError

_LABEL: Final = "io.edgeroute.endpoint"
_UNIT: Final = "edgeroute.service"
_KEPT: Final = ("EDGEROUTE_HOME", "EDGEROUTE_MODELS")
_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class LoginService:
    """A service file, and the commands that start it, stop it and tell how it is."""

    file: Path
    content: bytes
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    status: tuple[str, ...]


def systemd(home: Path, command: Sequence[str], environment: dict[str, str]) -> LoginService:
    """The systemd unit of a user."""
    settings = "".join(f'Environment="{n}={_unit_text(v)}"\n' for n, v in environment.items())
    words = " ".join(f'"{_unit_text(word)}"' for word in command)
    text = (
        "[Unit]\nDescription=EdgeRoute: a local-first LLM router\n\n"
        f"[Service]\nExecStart={words}\n{settings}"
        "Restart=on-failure\nRestartSec=5\nUMask=0077\nNoNewPrivileges=yes\nLimitCORE=0\n\n"
        "[Install]\nWantedBy=default.target\n"
    )
    control = ("systemctl", "--user")
    return LoginService(
        home / ".config" / "systemd" / "user" / _UNIT,
        text.encode(),
        ((*control, "daemon-reload"), (*control, "enable", "--now", _UNIT)),
        ((*control, "disable", "--now", _UNIT),),
        (*control, "is-active", _UNIT),
    )


def launchd(home: Path, command: Sequence[str], environment: dict[str, str]) -> LoginService:
    """The launch agent of a user on a Mac."""
    file = home / "Library" / "LaunchAgents" / f"{_LABEL}.plist"
    domain = f"gui/{os.getuid()}"
    content = plistlib.dumps(
        {
            "Label": _LABEL,
            "ProgramArguments": list(command),
            "EnvironmentVariables": environment,
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "Umask": 0o077,
            "ProcessType": "Interactive",
        }
    )
    return LoginService(
        file,
        content,
        (("launchctl", "bootstrap", domain, str(file)),),
        (("launchctl", "bootout", f"{domain}/{_LABEL}"),),
        ("launchctl", "print", f"{domain}/{_LABEL}"),
    )


def this_service(platform: str = sys.platform) -> LoginService:
    """The service of this machine's kind."""
    make: Callable[..., LoginService] = launchd if platform == "darwin" else systemd
    command = (sys.executable, "-m", "edgeroute", "serve")
    environment = {name: os.environ[name] for name in _KEPT if os.environ.get(name)}
    return make(Path.home(), command, environment)


@click.group(cls=NamedGroup)
def service() -> None:
    """Run the endpoint at login."""


@service.command("install")
@pass_shell
def install(shell: Shell) -> None:
    """Start the endpoint now and at every login."""
    shell.runtime.check()
    wanted = this_service()
    _require(wanted.status[0])
    try:
        wanted.file.parent.mkdir(parents=True, exist_ok=True)
        wanted.file.write_bytes(wanted.content)
    except OSError as error:
        raise EdgeRouteError(
            f"{wanted.file} cannot be written ({error.strerror}).", "Check the folder."
        ) from error
    for command in wanted.start:
        _run(command)
    note(f"The endpoint runs, now and at every login ({wanted.file}).")


@service.command("status")
def status() -> int:
    """Say whether the service is installed and runs; exit code 1 where it does not."""
    wanted = this_service()
    if not wanted.file.exists():
        out("not installed")
        return 1
    _require(wanted.status[0])
    done = _ask(wanted.status)
    out("running" if done.returncode == 0 else "installed, but not running")
    return 0 if done.returncode == 0 else 1


@service.command("uninstall")
def uninstall() -> None:
    """End the service and remove its file."""
    wanted = this_service()
    if not wanted.file.exists():
        note("It is not installed.")
        return
    _require(wanted.status[0])
    for command in wanted.stop:
        _run(command, must=False)
    wanted.file.unlink()
    note("The endpoint no longer runs at login.")


def _require(program: str) -> None:
    if shutil.which(program) is None:
        raise EdgeRouteError(
            f"{program} is not on this machine, so that nothing can be run at login.",
            "Start `edgeroute serve` by other means.",
        )


def _run(command: Sequence[str], *, must: bool = True) -> None:
    done = _ask(command)
    if must and done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise EdgeRouteError(
            f"`{' '.join(command)}` failed{': ' + said[-1] if said else ''}.",
            "Run it by hand to see more.",
        )


def _ask(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # The words are our own, and no shell reads them.
    return subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=_SECONDS, check=False
    )


def _unit_text(text: str) -> str:
    """``text`` inside quotes of a unit file."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
