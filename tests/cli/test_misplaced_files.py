"""Settings and rules that nothing reads are named, with the place where they would be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeroute import config
from edgeroute.cli.misplaced_files import misplaced
from edgeroute.privacy.detecting import user_lists
from tests.cli.conftest import Home


def paths(base: Path) -> config.Paths:
    """An installation under one folder."""
    return config.Paths(base / "config", base / "data", base / "m", base / "state", base / "run")


def put(base: Path, name: str) -> Path:
    """A file with this name."""
    file = base / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    return file


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("config/privacy.yaml", "config/rules/privacy.yaml"),
        ("config/mine.yml", "config/rules/mine.yaml"),
        ("config/local.yaml", "config/models/local.yaml"),
        ("config/settings.toml", "config/config.toml"),
        ("config/rules/privacy.yml", "config/rules/privacy.yaml"),
        ("config/rules/Privacy.yaml", "config/rules/privacy.yaml"),
        ("config/rules/config.toml", "config/config.toml"),
        ("config/rules/team/ours.yaml", "config/rules/ours.yaml"),
        ("config/models/privacy.yaml", "config/rules/privacy.yaml"),
        ("config/models/corp.yaml", "config/models/providers/corp.yaml"),
        ("config/models/providers/corp.yml", "config/models/providers/corp.yaml"),
        ("data/privacy.yaml", "config/rules/privacy.yaml"),
        ("state/config.toml", "config/config.toml"),
        ("config.toml", "config/config.toml"),
        ("rules/privacy.yaml", "config/rules/privacy.yaml"),
    ],
)
def test_what_nothing_reads_is_named(tmp_path: Path, name: str, place: str) -> None:
    """A wrong folder, a wrong ending or other case: none of them is read."""
    file = put(tmp_path, name)
    assert list(misplaced(paths(tmp_path))) == [(file, tmp_path / place)]


def test_what_is_read_is_not_named(tmp_path: Path) -> None:
    """Neither files in their places, nor those that EdgeRoute writes, nor drafts of editors."""
    for name in (
        "config/config.toml", f"config/{user_lists.FILE}", "config/private-entries.json",
        "config/rules/privacy.yaml", "config/rules/my-policy.yaml", "config/models/local.yaml",
        "config/models/providers/corp.yaml", "config/models/prices/all.yaml",
        "config/.privacy.yaml.swp", "config/notes.txt", "data/other.yaml",
    ):  # fmt: skip
        put(tmp_path, name)
    assert list(misplaced(paths(tmp_path))) == []


def test_doctor_says_so(home: Home) -> None:
    """It is a line to mend, with the place where the file belongs."""
    home.paths.config.mkdir(parents=True, exist_ok=True)
    file = put(home.paths.config, "privacy.yaml")
    lines = json.loads(home.run("doctor", "--json").stdout)
    (line,) = [one for one in lines if one["name"] == "misplaced file"]
    assert line["state"] == "bad"
    assert str(file) in line["text"]
    assert str(home.paths.config / "rules" / "privacy.yaml") in line["fix"]
