"""`serve`: says where it listens and where the token is, and ends when told to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Home


def test_it_announces_itself_and_ends_cleanly(tmp_path: Path) -> None:
    """The address and the token's file are printed at once; a signal ends it with code 0."""
    server = subprocess.Popen(
        [sys.executable, "-m", "edgeroute", "serve", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "EDGEROUTE_HOME": str(tmp_path / "home")},
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    try:
        assert server.stdout is not None
        address, token = server.stdout.readline(), server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        rest, said = server.communicate(timeout=30)
    finally:
        if server.poll() is None:
            server.kill()
            server.communicate()
    assert re.fullmatch(r"EdgeRoute listens on http://127\.0\.0\.1:\d+\n", address)
    path = Path(token.removeprefix("The token is in ").strip())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().strip() not in address + token + rest + said
    assert server.returncode == 0, said
    assert "The endpoint has ended." in said


def test_it_refuses_the_network_and_wrong_policies(home: Home) -> None:
    """Neither another address nor an invalid policy is found out by the first request."""
    result = home.run("serve", "--host", "0.0.0.0", "--port", "0")
    assert result.exit_code == 1
    assert "--i-accept-network-exposure" in result.stderr
    home.configure("[router]\npolicy = 'nothing'\n")
    assert home.run("serve", "--port", "0").exit_code == 1
    assert home.run("serve", "--port", "99999").exit_code == 2
