"""The last lines of a test run: what was not run, and why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

@pytest.mark.parametrize("number", range(2))
def test_terminal(number):
    pytest.skip("tmux is not installed")

@pytest.mark.skipif(True, reason="asks the kernel of Linux")
def test_kernel(): ...

def test_sound(): ...
"""


def closing_lines(folder: Path, tests: str) -> str:
    """What pytest prints for ``tests`` with the plugin that every run of ours has."""
    (folder / "test_some.py").write_text(tests)
    plugin = ("-p", "tests.support.skipped_tests", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "-c", "/dev/null", "--rootdir", ".", "."],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_skipped_tests_are_counted_by_reason(tmp_path: Path) -> None:
    """Two tests without tmux are one line with its count; nothing is skipped silently."""
    said = closing_lines(tmp_path, TESTS)
    assert " 3 not run " in said
    assert "    2  tmux is not installed\n    1  asks the kernel of Linux\n" in said


def test_a_whole_run_says_nothing_of_it(tmp_path: Path) -> None:
    """Where every test ran there is no such section."""
    assert "not run" not in closing_lines(tmp_path, "def test_sound(): ...")
