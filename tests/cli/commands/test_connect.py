"""`edgeroute connect`: other programs' settings, and the way back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from edgeroute import config
from edgeroute.clients import ClientSettings
from edgeroute.config import load
from edgeroute.core.errors import EdgeRouteError
from edgeroute.server.access.clients import ClientTokens
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


@pytest.fixture
def claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Claude Code's settings file, not there yet."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    return tmp_path / "claude" / "settings.json"


def test_the_profile_is_there_before_the_token(
    home: Home, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks, no token is let in without its mode, and no settings name a token that is
    not there.
    """

    def full(*_: object) -> None:
        raise EdgeRouteError("The disk is full.")

    words = ("connect", "claude-code", "--yes", "--privacy", "private")
    token = ClientTokens(home.paths.state).path("claude-code")
    with monkeypatch.context() as broken:
        broken.setattr(config, "change", full)
        assert home.run(*words).exit_code == 1
        assert not token.exists()
        assert not claude.exists()
    with monkeypatch.context() as broken:
        broken.setattr(ClientTokens, "make", full)
        assert home.run(*words).exit_code == 1
        assert not token.exists()
        assert not claude.exists()
    assert load(home.paths.settings).clients["claude-code"].privacy == "private"


def test_a_client_that_is_not_to_be_written_gets_no_token(home: Home, claude: Path) -> None:
    """Whoever says no has changed nothing."""
    assert home.run("connect", "claude-code", stdin="n\n").exit_code == 1
    assert not claude.exists()
    assert not home.paths.settings.exists()
    assert not ClientTokens(home.paths.state).path("claude-code").exists()


@pytest.mark.usefixtures("claude")
def test_undoing_forgets_the_profile_as_well(home: Home) -> None:
    """Where nobody is asked it stays and is said; with `--yes` the settings are as they were."""
    before = '# mine\n[clients.other]\nprivacy = "private"\n\n[budget]\ndaily_usd = 3\n'
    home.configure(before)
    assert home.run("connect", "claude-code", "--yes", "--privacy", "mask").exit_code == 0
    kept = home.run("connect", "claude-code", "--undo")
    assert "stays in [clients.claude-code]" in kept.output
    assert load(home.paths.settings).clients["claude-code"].privacy == "mask"
    gone = home.run("connect", "claude-code", "--undo", "--yes")
    assert "forgotten" in gone.output
    assert home.paths.settings.read_text() == before
    assert "not connected" in home.run("connect", "claude-code", "--undo", "--yes").output


@pytest.mark.usefixtures("claude")
def test_a_profile_is_given_on_the_way(home: Home) -> None:
    """Policy, budget and models; what is not named stays, and a policy must be there."""
    words = ("--policy", "default", "--daily-usd", "2.5", "--models", "anthropic/*, openai/gpt")
    assert home.run("connect", "claude-code", "-y", "--privacy", "mask", *words).exit_code == 0
    assert home.run("connect", "claude-code", "-y", "--daily-usd", "3").exit_code == 0
    assert load(home.paths.settings).clients["claude-code"] == ClientSettings(
        "mask", "", "default", 3, ["anthropic/*", "openai/gpt"]
    )
    wrong = home.run("connect", "codex", "-y", "--policy", "nowhere")
    assert wrong.exit_code == 1
    assert "codex" not in load(home.paths.settings).clients


def test_a_token_in_a_file_is_for_its_owner_alone(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Qwen Code keeps its token in its settings, which others could read before."""
    monkeypatch.setenv("QWEN_HOME", str(tmp_path))
    file = tmp_path / "settings.json"
    file.write_text("{}")
    file.chmod(0o644)
    shown = home.run("connect", "qwen-code", "--yes").output
    token = home.run("connect", "qwen-code", "--token").stdout.strip()
    assert token in file.read_text()
    assert token not in shown
    holding = [one for one in tmp_path.rglob("*") if one.is_file() and token in one.read_text()]
    assert {one.stat().st_mode & 0o777 for one in holding} == {0o600}
    home.run("connect", "qwen-code", "--undo", "--yes")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("{}", 0o644)


@pytest.mark.parametrize(("client", "program"), [("cline", "cline"), ("continue", "cn")])
def test_a_client_is_started_with_a_file_of_ours(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, client: str, program: str
) -> None:
    """It names the endpoint, only its owner can read it, and undoing takes it away."""
    started: list[tuple[list[str], dict[str, str]]] = []
    stub = tmp_path / program
    stub.write_text("#!/bin/sh\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(os, "execve", lambda _, words, given: started.append((words, given)))
    monkeypatch.setattr("edgeroute.server.probe.listens", lambda *_: True)
    assert home.run("connect", client, "--run", "--", "-p", "Hi").exit_code == 0
    ((words, environment),) = started
    (file,) = (home.paths.state / "client-starts").iterdir()
    assert str(file) in [*words, *environment.values()]
    assert "127.0.0.1:8377/v1" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert home.run("connect", client, "--undo", "--yes").exit_code == 0
    assert not file.exists()


def test_nobody_is_asked_and_the_mode_is_everybodys(home: Home, claude: Path) -> None:
    """Where `--yes` chose no mode for an agent, it is said which one holds and how to mask."""
    done = home.run("connect", "claude-code", "--yes")
    assert "--privacy mask" in done.output
    assert load(home.paths.settings).clients["claude-code"].privacy == ""
    assert claude.exists()


def test_an_explanation_is_as_a_client_gets_it(home: Home) -> None:
    """Its profile holds; a name without one is refused."""
    home.engine = None
    home.configure('[clients.agent]\nprivacy = "private"\n')
    told = home.run("explain", "--json", "--client", "agent", "Explain tries.")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["privacy"]["mode"] == "private"
    assert json.loads(told.stdout)["client"] == "agent"
    assert "no connected program `other`" in home.run("explain", "--client", "other", "Hi").output


def test_a_person_gets_a_token_and_a_profile_of_their_own(home: Home) -> None:
    """No program's file is written, a program's name is refused, and undoing takes both away."""
    file, state = config.Paths.find().settings, config.Paths.find().state
    config.change(file, "server.hosts", '["office.example"]')
    done = home.run("connect", "anna", "--person", "--privacy", "mask", "--daily-usd", "2")
    assert (done.exit_code, "https://office.example" in done.output) == (0, True), done.output
    assert load(file).clients["anna"] == ClientSettings(privacy="mask", daily_usd=2, person=True)
    token = home.run("connect", "anna", "--token").stdout.strip()
    assert home.run("connect", "anna", "--person", "--models", "x/*").exit_code == 0
    assert load(file).clients["anna"].privacy == "mask"
    assert home.run("connect", "anna", "--token").stdout.strip() == token
    for name in ("codex", "../anna"):
        refused = home.run("connect", name, "--person")
        assert refused.exit_code == 1
    assert home.run("connect", "ben", "--run").exit_code == 2
    assert home.run("connect", "anna", "--undo", "--yes").exit_code == 0
    assert "anna" not in load(file).clients
    assert not ClientTokens(state).path("anna").exists()
