"""The page on where data lies names the folders that are used."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from edgeroute.config import Paths

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"


def rows(heading: str) -> dict[str, list[str]]:
    """The table under ``heading``: the cells of each row by its first cell."""
    table = PAGE.read_text("utf-8").partition(heading)[2].partition("\n\n")[0]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    return {first: rest for first, *rest in cells if first}


@pytest.mark.parametrize(("column", "platform"), [(0, Unix), (1, MacOS)], ids=["Linux", "macOS"])
def test_folders_are_those_of_the_platform(
    column: int, platform: type[Unix | MacOS], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Config, data and state lie where the page says, on both systems."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    dirs = platform("edgeroute", appauthor=False)
    folders = {name: row[column] for name, row in rows("| folder | Linux | macOS |").items()}
    for name, path in (
        ("config", dirs.user_config_path),
        ("data", dirs.user_data_path),
        ("models", dirs.user_data_path / "models"),
        ("state", dirs.user_state_path),
    ):
        assert folders[name] == f"`{str(path).replace('/home/me', '~')}`"


def test_every_folder_of_an_installation_is_on_the_page() -> None:
    """A folder that is new has a row."""
    named = set(rows("| folder | Linux | macOS |"))
    assert {name for name, kind in get_type_hints(Paths).items() if kind is Path} <= named
