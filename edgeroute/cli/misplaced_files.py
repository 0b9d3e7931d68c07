"""Settings and rules files that lie where nothing reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgeroute import datafile

if TYPE_CHECKING:
    from edgeroute.config import Paths

WRITTEN: Final = "privacy-lists.yaml"  # by EdgeRoute itself, beside the settings
_DATA: Final = (".yaml", ".yml")
_LIKE_DATA: Final = (*_DATA, ".toml", ".json")
_GROUPS: Final = ("providers", "prices")


def misplaced(paths: Paths) -> Iterator[tuple[Path, Path]]:
    """The files that nobody reads, each with the place where it would be read."""
    places = _Places(paths)
    for file in places.unread():
        yield file, places.meant(file)


class _Places:
    """Where files are read, and where they are put by mistake."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._rules, self._models = paths.config / "rules", paths.config / "models"
        self._of_rules = {one.name for one in datafile.packaged("rules").glob("*.yaml")}
        self._of_models = {one.name for one in datafile.packaged("models").glob("*.yaml")}

    def meant(self, file: Path) -> Path:
        """Where a file of this name is read."""
        name = f"{file.stem.lower()}.yaml"
        if file.suffix.lower() == ".toml":
            return self._paths.settings
        if name in self._of_models:
            return self._models / name
        if file.is_relative_to(self._models) and name not in self._of_rules:
            group = file.parent.name if file.parent.name in _GROUPS else _GROUPS[0]
            return self._models / group / name
        return self._rules / name

    def unread(self) -> Iterator[Path]:
        """The files that nobody reads."""
        read = {self._paths.settings.name, WRITTEN}
        for file in _files(self._paths.config, (*_DATA, ".toml")):
            if file.name not in read:
                yield file
        yield from self._beside_rules()
        yield from self._beside_models()
        for folder in self._around():
            for file in _files(folder, _LIKE_DATA):
                if file.name in {self._paths.settings.name, *self._of_rules, *self._of_models}:
                    yield file

    def _beside_rules(self) -> Iterator[Path]:
        for file in _files(self._rules, _LIKE_DATA):
            other_case = file.name not in self._of_rules and file.name.lower() in self._of_rules
            if file.suffix != ".yaml" or other_case:
                yield file
        for inner in _listed(self._rules):
            if inner.is_dir():
                yield from _files(inner, _DATA)

    def _beside_models(self) -> Iterator[Path]:
        for file in _files(self._models, _LIKE_DATA):
            if file.name not in self._of_models:
                yield file
        for group in _GROUPS:
            for file in _files(self._models / group, _LIKE_DATA):
                if file.suffix != ".yaml":
                    yield file

    def _around(self) -> set[Path]:
        """The folders in which files of the config folder are easily put."""
        around = {self._paths.data, self._paths.state}
        if not self._paths.own:
            around |= {self._paths.config.parent, self._paths.config.parent / "rules"}
        return around - {self._paths.config}


def _files(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    for file in _listed(folder):
        if file.suffix.lower() in endings and not file.name.startswith(".") and file.is_file():
            yield file


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
