"""Clients' settings files: what connecting changes in them, and the way back."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from edgeroute.cli.connect import jsonc, settings_file
from edgeroute.core.errors import EdgeRouteError

MERGE: dict[str, Any] = {
    "model": "auto",
    "env": {"URL": "http://127.0.0.1:8377"},
    "list": [{"id": "auto"}],
}


def connect(file: Path, record: Path, merge: dict[str, Any] = MERGE) -> None:
    """Write ``merge`` into ``file``."""
    settings_file.keep(settings_file.planned(file, merge, record), merge, record)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Where the way back is kept."""
    return tmp_path / "state" / "client.json"


TEXTS = {
    "nothing.json": None,
    "empty.json": "",
    "plain.json": '{"model": "mine", "list": [1]}',
    "comments.json": '{\n  // mine\n  "env": {"A": "1",},\n  "list": [\n    {"b": 1},\n  ],\n}\n',
    "returns.json": '{\r\n  "env": {\r\n    "A": "1" // mine\r\n  }\r\n}\r\n',
    "mark.json": '\ufeff{"a": 1}\n',
    "nothing.toml": None,
    "plain.toml": '# mine\nmodel = "x" # dear\n\n[tui]\ntheme = "y"\n',
    "inline.toml": 'env = { A = "1" }\n',
    "tables.toml": '[env]\nA = "1" # mine\n[other]\nb = 2\n[env.more]\nc = 3\n',
    "returns.toml": 'a = 1\r\n\r\n[env]\r\nA = "1"\r\n',
    "mark.toml": "\ufeffa = 1\n",
}


def value_of(file: Path) -> Any:
    """What the file says."""
    text = file.read_text("utf-8-sig")
    return tomllib.loads(text) if file.suffix == ".toml" else jsonc.parse(text).value


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("again", [False, True])
def test_undoing_restores_every_byte(
    tmp_path: Path, record: Path, name: str, *, again: bool
) -> None:
    """Also its mode, and also where it was connected twice; comments and other keys stay."""
    file, text = tmp_path / name, TEXTS[name]
    if text is not None:
        file.write_bytes(text.encode())
        file.chmod(0o644)
    before = value_of(file) if text is not None else {}
    connect(file, record)
    if again:
        connect(file, record, MERGE | {"model": "local"})
    for kept in (file, record):
        assert kept.stat().st_mode & 0o777 == 0o600
    now = value_of(file)
    assert now["env"] == before.get("env", {}) | MERGE["env"]
    assert now["model"] == ("local" if again else "auto")
    assert all(now[key] == before[key] for key in before if key not in MERGE)
    written = file.read_bytes()
    assert written.count(b"mine") >= (text or "").replace('"mine"', "").count("mine")
    assert "returns" not in name or written.count(b"\r\n") == written.count(b"\n")
    assert "mark" not in name or written.startswith(b"\xef\xbb\xbf")
    settings_file.undo(record)
    assert (file.read_bytes().decode() if file.exists() else None) == text
    assert text is None or file.stat().st_mode & 0o777 == 0o644
    assert not record.exists()


@pytest.mark.parametrize("name", TEXTS)
def test_later_edits_stay_when_it_is_undone(tmp_path: Path, record: Path, name: str) -> None:
    """Only our own keys go; what the user changed among them is the user's."""
    file, text = tmp_path / name, TEXTS[name]
    if text is not None:
        file.write_bytes(text.encode())
    before = value_of(file) if text is not None else {}
    connect(file, record)
    written = file.read_text("utf-8")
    if file.suffix == ".toml":
        file.write_text(written.replace('"auto"', '"theirs"', 1) + "\n[later]\nz = 1\n")
    else:
        edited = jsonc.change(written.removeprefix("\ufeff"), ["later"], {"z": 1})
        edited = jsonc.change(edited, ["list"], ["theirs"])
        file.write_text(edited)
    assert settings_file.edited(record)
    connect(file, record)
    settings_file.undo(record)
    left = value_of(file)
    assert left.pop("later") == {"z": 1}
    if file.suffix == ".toml":
        left.pop("model", None)
        before.pop("model", None)
        assert left.pop("list", []) in ([], [{"id": "auto"}])
    else:
        assert left.pop("list") == [*before.pop("list", []), "theirs"]
    assert left == before


def test_a_file_of_ours_alone_goes_away(tmp_path: Path, record: Path) -> None:
    """Also where a blank was added to it meanwhile; the folders made for it go with it, unless the
    client has put something there.
    """
    file = tmp_path / "new" / "deep" / "settings.json"
    for _ in range(2):
        connect(file, record)
    file.write_text(file.read_text() + "\n\n")
    settings_file.undo(record)
    assert not (tmp_path / "new").exists()
    connect(file, record)
    (tmp_path / "new" / "history").touch()
    settings_file.undo(record)
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["history"]


def test_a_linked_file_stays_linked(tmp_path: Path, record: Path) -> None:
    """What the link leads to is changed."""
    real, link = tmp_path / "dotfiles.json", tmp_path / "settings.json"
    real.write_text("{}")
    link.symlink_to(real)
    connect(link, record)
    assert link.is_symlink()
    assert json.loads(real.read_text())["model"] == "auto"
    settings_file.undo(record)
    assert (link.is_symlink(), real.read_text()) == (True, "{}")


def test_another_file_is_not_taken_before_the_first_is_put_back(
    tmp_path: Path, record: Path
) -> None:
    """The way back to the first would be lost."""
    connect(tmp_path / "one.json", record)
    with pytest.raises(EdgeRouteError, match=r"connected through .*one\.json"):
        settings_file.planned(tmp_path / "two.json", MERGE, record)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"env": 1}'),
        ("a.json", '{"list": "x"}'),
        ("a.json", '{"a": '),
        ("a.json", "[]"),
        ("a.toml", "env = 1\n"),
        ("a.toml", "a = \n"),
        ("a.json", b"\xff"),
    ],
)
def test_a_file_that_cannot_hold_it_is_left_alone(
    tmp_path: Path, record: Path, name: str, text: str | bytes
) -> None:
    """The mistake is named and nothing is written."""
    file = tmp_path / name
    data = text.encode() if isinstance(text, str) else text
    file.write_bytes(data)
    with pytest.raises(EdgeRouteError, match=r"is not valid|safely"):
        connect(file, record)
    assert (file.read_bytes(), record.exists()) == (data, False)


def test_a_broken_record_says_what_to_do(tmp_path: Path, record: Path) -> None:
    """Nothing is guessed."""
    connect(tmp_path / "a.json", record)
    record.write_text("{}")
    with pytest.raises(EdgeRouteError) as error:
        settings_file.undo(record)
    assert "by hand" in error.value.hint
