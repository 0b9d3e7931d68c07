"""Printing: harmless unless asked otherwise, colours only where they are wanted."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeroute.cli import shell
from edgeroute.cli.group import cli
from tests.cli.conftest import Home

HOSTILE = "\x1b]0;owned\x07a\u202eb\x9b2Jc"


@pytest.mark.parametrize(
    ("terminal", "raw", "shown"),
    [(True, False, "abc\n"), (True, True, "abc\n"), (False, False, "abc\n"),
     (False, True, HOSTILE + "\n")],
)  # fmt: skip
def test_foreign_text_is_made_safe(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    terminal: bool,
    raw: bool,
    shown: str,
) -> None:
    """Neither a terminal nor a pipe gets escapes; only a program that asks for them does."""
    monkeypatch.setattr(shell, "on_terminal", lambda: terminal)
    monkeypatch.setattr(shell, "colours", lambda: True)
    shell.foreign(HOSTILE, raw=raw)
    assert capsys.readouterr().out == shown


def test_our_own_words_keep_their_colours_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name of others in a sentence of ours does nothing to a terminal."""
    monkeypatch.setattr(shell, "colours", lambda: True)
    shell.note(shell.dim(f"It is {HOSTILE}\x1b[8m."))
    shell.out(f"It is {HOSTILE}.")
    said = capsys.readouterr()
    assert (said.err, said.out) == ("\x1b[2mIt is abc.\x1b[0m\n", "It is abc.\n")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_text_can_be_printed(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """No text, lone surrogates included, keeps a table, JSON or an answer from being printed."""
    shell.foreign(text)
    shell.as_json({"text": text})
    shell.table(("A", "B"), [(text, "x")])
    assert "\x1b[0m" not in capsys.readouterr().out


def test_tables_are_aligned_and_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns line up, numbers to the right, and no cell breaks its line."""
    shell.table(("NAME", "N"), [("a\nb", "1"), ("longer", "22")], right=(1,))
    assert capsys.readouterr().out == "NAME     N\na b      1\nlonger  22\n"


@pytest.mark.parametrize("variable", ["1", ""])
def test_no_color_is_honoured(home: Home, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """NO_COLOR takes the colours away wherever they would be; empty, it means nothing."""
    monkeypatch.setenv("NO_COLOR", variable)
    result = CliRunner().invoke(cli, ["keys", "list"], obj=shell.Shell(home.runtime), color=True)
    assert ("\x1b" in result.stdout) is (variable == "")
    assert "\x1b" not in home.run("keys", "list").stdout
