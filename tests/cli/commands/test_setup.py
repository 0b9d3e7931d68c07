"""``edgeroute setup``: the choices of the first day."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from edgeroute.cli.commands import setup as command
from edgeroute.providers.calling.key_check import KeyCheck
from edgeroute.tui.words import MODE_EXAMPLES
from tests.cli.conftest import Home

STEPS = 5


@pytest.fixture
def someone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person at a terminal, on whose machine only Codex is installed."""
    monkeypatch.setattr(command, "_somebody_is_there", lambda: True)
    codex = SimpleNamespace(path="/bin/codex", title="Codex", snippet="")
    monkeypatch.setattr("edgeroute.cli.connect.catalogue.programs", lambda: {"codex": codex})


def test_in_a_pipe_it_says_what_to_run_instead(home: Home) -> None:
    """Without a terminal nothing is asked: the commands that do the same are named."""
    result = home.run("setup")
    assert result.exit_code == 2
    for words in ("config set privacy.mode", "models prepare", "keys set", "connect", "ask"):
        assert f"edgeroute {words}" in result.stderr
    assert not home.paths.settings.exists()


@pytest.mark.usefixtures("someone")
def test_every_step_can_be_skipped(home: Home) -> None:
    """Enter, five times, changes nothing; each mode has an example, each model size and speed."""
    result = home.run("setup", stdin="\n" * STEPS)
    assert result.exit_code == 0
    for number in range(1, STEPS + 1):
        assert f"{number} of {STEPS}" in result.stdout
    assert all(example in result.stdout for example in MODE_EXAMPLES.values())
    assert max(map(len, result.stdout.splitlines())) < 80
    assert "tokens a second" in result.stdout
    assert "Done." in result.stdout
    assert not home.paths.settings.exists()


@pytest.mark.usefixtures("someone")
def test_the_choices_are_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mode and model go to the settings; the model is begun behind it, though it was stopped."""
    begun: list[bool] = []
    monkeypatch.setattr(
        "edgeroute.local.preparing.preparing.Preparing.begin",
        lambda _, *, asked=False: begun.append(asked),
    )
    monkeypatch.setattr(
        "edgeroute.local.preparing.preparing.Preparing.missing", lambda _: ["llamacpp"]
    )
    result = home.run("setup", stdin="wrong\nmask\n1\n\n\n\n")
    assert result.exit_code == 0
    assert "Type one of auto, private, mask" in result.stderr
    settings = home.paths.settings.read_text()
    assert 'mode = "mask"' in settings
    assert 'model = "auto"' in settings
    assert begun == [True]


@pytest.mark.usefixtures("someone")
def test_a_key_is_hidden_and_tested(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is typed unseen, kept in the keyring, and what it is worth is said."""

    async def check(_: object, provider: str) -> KeyCheck:
        return KeyCheck(provider, "good", "Anthropic accepts the key.")

    monkeypatch.setattr("edgeroute.engine.admin.providers.Providers.check", check)
    result = home.run("setup", stdin="\n\nanthropic\nsk-secret\n\n\n\n")
    assert result.exit_code == 0
    assert "Anthropic accepts the key." in result.stdout
    assert "sk-secret" not in result.output
    assert "anthropic" in home.runtime().providers.stored()


@pytest.mark.usefixtures("someone")
def test_a_client_is_connected_and_a_question_asked(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last steps are the commands `connect` and `ask` themselves."""
    connected: list[str] = []
    monkeypatch.setattr(
        "edgeroute.cli.commands.connect.connect.callback",
        lambda **given: connected.append(given["client"]),
    )
    result = home.run("setup", stdin="\n\n\ncodex\n\nWhat is a mutex?\n")
    assert result.exit_code == 0, result.output
    assert connected == ["codex"]
    assert home.engine is not None
    assert home.engine.requests[-1].messages[-1].text == "What is a mutex?"
