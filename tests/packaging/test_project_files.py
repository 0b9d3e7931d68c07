"""Files for contributors call the scripts that everybody else calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> Any:
    """A YAML file of the checkout."""
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def test_the_workflow_runs_the_script_of_ci_on_both_systems() -> None:
    """What runs elsewhere is the same script, on Linux and macOS."""
    jobs = read(".github/workflows/test.yml")["jobs"]
    steps = [step.get("run") for step in jobs["whole"]["steps"]]
    assert "sh .ci/run" in steps
    assert jobs["whole"]["strategy"]["matrix"]["os"] == ["ubuntu-latest", "macos-latest"]
    assert "exec sh packaging/test.sh" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_hooks_use_the_locked_tools() -> None:
    """A commit is checked by the programs of .venv: nothing is fetched."""
    repos = read(".pre-commit-config.yaml")["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    assert all(hook["entry"].startswith(".venv/bin/") for hook in repos[0]["hooks"])
