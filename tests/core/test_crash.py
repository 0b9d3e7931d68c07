"""A crash writes no image of the memory anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = """
import os, signal, sys
sys.argv = ["edgeroute", "rules", "--help"]
from edgeroute.cli.main import main
try:
    main()
except SystemExit:
    pass
import ctypes, resource
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_a_crash_leaves_no_image(tmp_path: Path) -> None:
    """Every command runs without core files and unreadable by debuggers, and a crash shows it."""
    home = {**os.environ, "EDGEROUTE_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import resource as r\nr.setrlimit(4, r.getrlimit(4)[1:] * 2)\n{MAIN}",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=home | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert done.returncode == -signal.SIGSEGV, done.stderr
    assert done.stdout.splitlines()[-1] == "(0, 0) 0"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("core")]
