"""Kills and long faults in small; tests/bench/durability.py and soak.py do it at length."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(module: str, folder: Path, *options: str) -> str:
    """What a measure of tests/bench prints; it fails where anything is lost or wrong."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        timeout=270,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout


@pytest.mark.timeout(280)
@pytest.mark.parametrize("options", [(), ("--encrypted",)], ids=["plain", "encrypted"])
def test_kills_lose_nothing(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Killed while it starts and while it answers: whoever was answered stands in the record."""
    assert "Nothing is lost." in run("durability", tmp_path, "--kills", "2", *options)


@pytest.mark.timeout(280)
def test_a_while_of_faults_leaves_nothing_behind(tmp_path: Path) -> None:
    """Three endpoints over one home, every fault, open and private prompts: all that was answered
    is in the record, nothing private left, and all is well again once the providers are.
    """
    assert "nothing slipped" in run("soak", tmp_path, "--minutes", "0.2")
