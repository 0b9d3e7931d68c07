"""`service`: the endpoint at login, on systemd and on launchd."""

from __future__ import annotations

import configparser
import plistlib
import shlex
import sys
from pathlib import Path

import pytest

from edgeroute.cli.commands import service
from tests.cli.conftest import Home

COMMAND = ("/opt/my python", "-m", "edgeroute", "serve")
ENVIRONMENT = {"EDGEROUTE_HOME": '/home/a "b" 100%'}


@pytest.fixture
def control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that writes down what it is asked, and a home folder of its own."""
    log = tmp_path / "log"
    tools = tmp_path / "tools"
    tools.mkdir()
    script = tools / "systemctl"
    script.write_text(f'#!/bin/sh\necho "$*" >> {shlex.quote(str(log))}\nexit ${{FAIL:-0}}\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    return log


def test_install_status_and_uninstall(home: Home, control: Path, tmp_path: Path) -> None:
    """The unit is written and started, its state is told, and it goes again."""
    unit = tmp_path / ".config" / "systemd" / "user" / "edgeroute.service"
    assert home.run("service", "status").exit_code == 1
    assert home.run("service", "install").exit_code == 0
    assert unit.is_file()
    status = home.run("service", "status")
    assert (status.exit_code, status.stdout) == (0, "running\n")
    assert home.run("service", "uninstall").exit_code == 0
    assert not unit.exists()
    assert control.read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable --now edgeroute.service",
        "--user is-active edgeroute.service",
        "--user disable --now edgeroute.service",
    ]
    assert home.run("service", "uninstall").stderr == "It is not installed.\n"


@pytest.mark.usefixtures("control")
def test_a_failing_system_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that failed is shown, to be run by hand; a stopped service is exit code 1."""
    monkeypatch.setenv("FAIL", "3")
    result = home.run("service", "install")
    assert result.exit_code == 1
    assert "`systemctl --user daemon-reload` failed" in result.stderr
    status = home.run("service", "status")
    assert (status.exit_code, status.stdout) == (1, "installed, but not running\n")


@pytest.mark.usefixtures("control")
def test_a_machine_without_systemd_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written where nothing could start it."""
    monkeypatch.setenv("PATH", "/nonexistent")
    result = home.run("service", "install")
    assert result.exit_code == 1
    assert "systemctl is not on this machine" in result.stderr


@pytest.mark.usefixtures("control")
def test_wrong_settings_are_not_installed(home: Home) -> None:
    """A service that could not start is not installed."""
    home.configure("[router]\npolicy = 'nothing'\n")
    assert home.run("service", "install").exit_code == 1


def test_the_unit_says_what_is_meant(tmp_path: Path) -> None:
    """Spaces, quotes and percent signs survive; files of the service are private."""
    made = service.systemd(tmp_path, COMMAND, ENVIRONMENT)
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(made.content.decode())
    unit = parser["Service"]
    assert shlex.split(unit["ExecStart"]) == list(COMMAND)
    assert shlex.split(unit["Environment"]) == ['EDGEROUTE_HOME=/home/a "b" 100%%']
    assert unit["UMask"] == "0077"
    assert unit["LimitCORE"] == "0"


def test_the_launch_agent_says_what_is_meant(tmp_path: Path) -> None:
    """The property list starts the same command at login."""
    made = service.launchd(tmp_path, COMMAND, ENVIRONMENT)
    assert made.file.parent == tmp_path / "Library" / "LaunchAgents"
    content = plistlib.loads(made.content)
    assert content["ProgramArguments"] == list(COMMAND)
    assert content["EnvironmentVariables"] == ENVIRONMENT
    assert content["RunAtLoad"] is True
    assert made.start[0][:2] == ("launchctl", "bootstrap")


def test_the_service_runs_this_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same Python and the same folders, whatever the login shell has."""
    monkeypatch.setenv("EDGEROUTE_HOME", "/srv/home")
    monkeypatch.delenv("EDGEROUTE_MODELS", raising=False)
    made = service.this_service("linux")
    assert sys.executable in made.content.decode()
    assert 'Environment="EDGEROUTE_HOME=/srv/home"' in made.content.decode()
    assert service.this_service("darwin").status[0] == "launchctl"
