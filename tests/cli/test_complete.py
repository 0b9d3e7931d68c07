"""What the Tab key completes, by the protocol of the shells."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from edgeroute.cli import shell as shell_module
from edgeroute.cli.group import cli
from edgeroute.cli.shell import COMPLETING, Shell
from tests.cli.conftest import Home


def offered_kinds(home: Home, *words: str, opener: object = None) -> list[tuple[str, str]]:
    """What a shell is told to offer for the last of ``words``, each with its kind."""
    environment = {
        COMPLETING: "bash_complete",
        "COMP_WORDS": f"edgeroute {' '.join(words)}",
        "COMP_CWORD": str(len(words)),
    }
    shell = Shell(opener or home.runtime)  # type: ignore[arg-type]
    done = CliRunner().invoke(cli, [], prog_name="edgeroute", env=environment, obj=shell)
    assert done.exit_code == 0
    kinds = [line.partition(",") for line in done.stdout.splitlines()]
    return [(kind, name) for kind, _, name in kinds]


def completed(home: Home, *words: str, opener: object = None) -> list[str]:
    """The names that a shell offers for the last of ``words``."""
    return [name for kind, name in offered_kinds(home, *words, opener=opener) if kind == "plain"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("ask", "--model", "loc"), "local"),
        (("ask", "--model", "anthropic/"), "anthropic/claude-opus-5.5"),
        (("keys", "set", "open"), "openrouter"),
        (("rules", "check", "che"), "cheapest"),
        (("rules", "explain", "small"), "small-work"),
        (("rules", "explain", "--policy", "qua"), "quality-first"),
        (("models", "pull", "qwen3-1"), "qwen3-1.7b"),
        (("config", "set", "router."), "router.tier"),
        (("config", "set", "router.tier", "p"), "premium"),
        (("config", "set", "router.policy", "loc"), "local-first"),
        (("config", "set", "privacy.ocr", "t"), "true"),
        (("connect", "co"), "codex"),
        (("history", "show", "tr"), "trip"),
        (("ask", "-c", "tr"), "trip"),
        (("explain", "--client", "z"), "zed"),
        (("explain", "-p", "ma"), "mask"),
    ],
)
def test_names_are_completed(home: Home, words: tuple[str, ...], offered: str) -> None:
    """Models, providers, policies, rules, settings and their values, programs, conversations."""
    home.configure("[clients.zed]\n")
    stores = home.runtime()._stores
    stores.conversations.create(id="trip")
    stores.database.close()
    names = completed(home, *words)
    assert offered in names
    assert all(name.startswith(words[-1]) for name in names)


@pytest.mark.parametrize(
    "words", [("ask", "--file", "le"), ("explain", "-f", "~/le"), ("scan", "le"), ("scan", "Ü")]
)
def test_paths_are_the_shells_own(home: Home, words: tuple[str, ...]) -> None:
    """Which knows its spaces, umlauts and home; the script has only to be told."""
    assert offered_kinds(home, *words) == [("file", words[-1])]


def test_an_error_completes_nothing(home: Home) -> None:
    """A settings file that cannot be read breaks no line that is being typed."""
    home.configure("[router\n")
    assert completed(home, "ask", "--model", "") == []


def test_nobody_is_asked_for_a_passphrase(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Tab key does not wait for an answer that nobody can give."""
    home.configure("[privacy]\npassphrase = true\n")
    monkeypatch.setattr("click.prompt", lambda *_, **__: pytest.fail("asked"))
    monkeypatch.setitem(os.environ, COMPLETING, "bash_complete")
    assert shell_module._passphrase().reveal() == ""
    assert completed(home, "keys", "set", "mist") == ["mistral"]
