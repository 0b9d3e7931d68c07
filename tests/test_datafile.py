"""Data files are checked, and every mistake is named with file and line."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
import yaml

from edgeroute import datafile
from edgeroute.core.errors import SettingsError


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    size: int = 0


class _File(msgspec.Struct, forbid_unknown_fields=True):
    rows: list[_Row]
    table: dict[str, int] = {}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("rows:\n  - name: a\n  - name: 3\n", 3, "Expected `str`"),
        ("rows:\n  - name: a\n    colour: red\n", 3, "unknown field `colour`"),
        ("rows: []\ntable:\n  a: 1\n  b: x\n", 2, "Expected `int`"),
        ("rows:\n  - size: 1\n", 2, "missing required field `name`"),
        ("rows: [\n", 2, "not valid YAML"),
        ("", 1, "Expected `object`"),
    ],
)
def test_a_mistake_names_its_line(text: str, line: int, words: str) -> None:
    """The error says the file, the line and what was expected."""
    with pytest.raises(SettingsError, match=words) as caught:
        datafile.parse(text, _File, "x.yaml")
    assert abs(caught.value.line - line) <= 1
    assert str(caught.value).startswith("x.yaml:")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("rows:\n  - name: a\n    sise: 3\n", "Did you mean `size`?"),
        ("rows: []\ncolour: red\n", "Known here: rows, table."),
        ("rows:\n  - name: 3\n", "This is about `rows[0].name`."),
    ],
)
def test_a_mistake_says_what_could_be_meant(text: str, hint: str) -> None:
    """An unknown key is told the known ones, a wrong value is told by its path."""
    with pytest.raises(SettingsError) as caught:
        datafile.parse(text, _File, "x.yaml")
    assert caught.value.hint == hint


def test_yaml_tags_build_no_objects() -> None:
    """A file cannot construct Python objects."""
    with pytest.raises(SettingsError):
        datafile.parse("rows: !!python/object/apply:os.system ['true']\n", _File, "x.yaml")


def test_a_users_file_stands_before_the_packaged_one(tmp_path: Path) -> None:
    """A file of the same name in the user's folder wins; other packaged files stay."""
    (tmp_path / "mine.yaml").write_text("a: 1")
    assert datafile.data_file("rules", "mine.yaml", tmp_path) == tmp_path / "mine.yaml"
    names = [path.name for path in datafile.data_files("rules", tmp_path)]
    assert "mine.yaml" in names


def test_an_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    """A missing file and one that is no text are settings errors."""
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for name in ("missing.yaml", "binary.yaml"):
        with pytest.raises(SettingsError, match=name):
            datafile.load(tmp_path / name, _File)


def test_every_table_is_asked_for_and_says_what_it_is() -> None:
    """A comment stands at the top of each of rules/tables, and the code reads it by its name."""
    source = Path(datafile.__file__).parent
    code = "\n".join(path.read_text("utf-8") for path in source.rglob("*.py"))
    tables = sorted((datafile.packaged("rules") / "tables").glob("*.yaml"))
    assert tables
    for path in tables:
        assert f'table("{path.stem}"' in code
        assert path.read_text("utf-8").startswith("# ")


NAMES = "abcdefghij"
BOMBS = {
    "brackets": "rows: " + "[" * 50_000,
    "closed": "rows: " + "[" * 50_000 + "]" * 50_000,
    "maps": "{a: " * 30_000,
    "dashes": "rows:\n" + "- " * 50_000,
    "questions": "? " * 50_000,
    "mark": "\ufeff" + "- " * 50_000,
    "other line ends": "rows: 1\r" + "- " * 50_000,
    "names": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "\n".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(NAMES)),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_a_mistake_like_any_other(tmp_path: Path, text: str) -> None:
    """Deep nesting and names within names end in a sentence, not in a crash or never."""
    file = tmp_path / "bomb.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"not valid YAML"):
        datafile.load(file, _File)
    with pytest.raises(yaml.YAMLError):
        datafile.compose(text)
