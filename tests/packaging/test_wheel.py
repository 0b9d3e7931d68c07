"""What a wheel carries."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in a wheel built from this checkout."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(
        [*command, "--directory", str(folder)], cwd=ROOT, check=True, capture_output=True
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_it_is_typed(members: set[str]) -> None:
    """Type checkers of others read our annotations."""
    assert "edgeroute/py.typed" in members


def test_it_carries_its_data(members: set[str]) -> None:
    """Providers, prices, policies and privacy rules come with the package."""
    for folder in ("models", "rules"):
        for path in (ROOT / folder).rglob("*.yaml"):
            assert f"edgeroute/data/{path.relative_to(ROOT)}" in members


def test_it_carries_nothing_else(members: set[str]) -> None:
    """No test, page or script is installed on anybody's machine."""
    tops = {name.partition("/")[0] for name in members}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"edgeroute"}
