"""`edgeroute connect`: other programs' settings, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.cli.connect import jsonc
from tests.cli.conftest import Home

CLAUDE = '{\n  // mine\n  "env": {"A": "1"},\n}\n'
CODEX = '# mine\nmodel = "gpt-5" # dear\n\n[tui]\ntheme = "x"\n'


@pytest.mark.parametrize(
    ("client", "name", "text"),
    [("claude-code", ".claude/settings.json", CLAUDE), ("codex", ".codex/config.toml", CODEX)],
)
def test_settings_are_written_and_put_back(
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    client: str,
    name: str,
    text: str,
) -> None:
    """Comments stay, no token is in the file, and undoing restores every byte, or our keys only."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(variable, raising=False)
    file = tmp_path / name
    file.parent.mkdir()
    file.write_text(text)
    for edit in ("", "\n"):
        done = home.run("connect", client, "--yes", "--privacy", "mask")
        assert done.exit_code == 0, done.output
        token = home.run("connect", client, "--token").stdout.strip()
        written = file.read_text()
        assert "mine" in written
        assert "127.0.0.1:8377" in written
        assert token.startswith("edgeroute-")
        assert token not in written + done.output
        file.write_text(written + edit)
        assert home.run("connect", client, "--undo", "--yes").exit_code == 0
        left = file.read_text()
        assert left == text if not edit else "edgeroute" not in left and "mine" in left
        file.write_text(text)
    assert home.run("connect", client, "--token").exit_code == 1


def test_settings_that_are_not_valid_are_left_alone(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mistake is named and nothing is written."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path))
    (tmp_path / "settings.json").write_text('{"a": ')
    done = home.run("connect", "claude-code", "--yes")
    assert (done.exit_code, "is not valid JSON" in done.output) == (1, True)
    assert (tmp_path / "settings.json").read_text() == '{"a": '


def test_lists_grow_and_shrink_in_place() -> None:
    """Items of a list are added to it and taken out again."""
    text = '{"a": [ {"b": 1} ] /* c */}'
    more = jsonc.change(text, ["a"], [{"c": 2}])
    assert jsonc.parse(more).value == {"a": [{"b": 1}, {"c": 2}]}
    assert jsonc.remove(more, ["a", 1]) == text
