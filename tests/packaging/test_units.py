"""Files for packagers: readable by what reads them, and in step with the program."""

from __future__ import annotations

import configparser
import hashlib
import plistlib
import subprocess
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"


def ini(name: str) -> configparser.ConfigParser:
    """A file in sections."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(PACKAGING / "linux" / name)
    return parser


def test_the_unit_starts_the_endpoint() -> None:
    """Systemd starts `edgeroute serve`, restarts it, and keeps its files private."""
    service = ini("edgeroute.service")["Service"]
    assert service["ExecStart"].endswith("edgeroute serve")
    assert service["UMask"] == "0077"
    assert service["Restart"] == "on-failure"


def test_the_agent_starts_the_endpoint() -> None:
    """The launch agent is the one that `edgeroute service install` writes, but for its paths."""
    from edgeroute.cli.commands.service import launchd

    agent = plistlib.loads((PACKAGING / "macos" / "io.edgeroute.endpoint.plist").read_bytes())
    own = plistlib.loads(launchd(Path("/home/me"), ("edgeroute", "serve"), {}).content)
    assert agent.pop("ProgramArguments")[1:] == own.pop("ProgramArguments")
    agent.pop("EnvironmentVariables")
    own.pop("EnvironmentVariables")
    assert agent == own


def test_the_desktop_entry_opens_the_chat() -> None:
    """A launcher opens the chat app in a terminal."""
    entry = ini("edgeroute.desktop")["Desktop Entry"]
    assert (entry["Exec"], entry["Terminal"]) == ("edgeroute chat", "true")


def test_the_formula_is_filled_in(tmp_path: Path) -> None:
    """A release's formula names its archive by address and hash, with nothing left open."""
    archive = tmp_path / "edgeroute.tar.gz"
    archive.write_bytes(b"release")
    script = PACKAGING / "macos" / "formula.sh"
    done = subprocess.run(
        ["/bin/sh", str(script), "https://example.org", "https://example.org/a.tar.gz", archive],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("class Edgeroute < Formula")
    assert f'sha256 "{hashlib.sha256(b"release").hexdigest()}"' in done.stdout
    assert "@HOMEPAGE@" not in done.stdout
    assert "@URL@" not in done.stdout
