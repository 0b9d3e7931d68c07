"""`privacy test` and `eval`: a user's own prompts, measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.cli.evaluation import passes
from edgeroute.cli.privacy import Share
from edgeroute.core.errors import NothingAnswered
from edgeroute.core.verdict import CLEAR, Verdict
from edgeroute.wiring import Runtime
from tests.cli.conftest import Home
from tests.support.scripted_engine import ScriptedEngine


class FindsSecrets:
    """Everything with the word secret is private."""

    async def scan(self, text: str, *, full: bool = True, origin: str = "user") -> Verdict:
        """Judge ``text``."""
        return Verdict(private=True, reason="Found.") if "secret" in text else CLEAR

    async def close(self) -> None:
        """Nothing is held."""


def write(path: Path, *rows: dict[str, Any]) -> Path:
    """A file with one JSON object a line."""
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")
    return path


def test_recall_and_over_blocking_on_own_prompts(home: Home, tmp_path: Path) -> None:
    """Both forms of labels count, weak labels do not, sources are told apart, lines are named."""
    home.inspector = FindsSecrets()
    file = write(
        tmp_path / "labelled.jsonl",
        {"text": "a secret", "private": True, "source": "mail"},
        {"text": "my name", "label": "private", "source": "mail"},
        {"prompt": "2 + 2", "private": False, "source": "chat"},
        {"text": "secret santa ideas", "label": "benign", "source": "chat"},
        {"text": "unclear secret", "label": "weak"},
    )
    content = json.loads(home.run("privacy", "test", "--json", str(file)).stdout)
    assert content["all"]["recall"]["hits"] == 1
    assert content["all"]["recall"]["total"] == 2
    assert content["chat"]["over_blocking"]["hits"] == 1
    assert content["wrong"] == [2, 4]
    text = home.run("privacy", "test", str(file))
    assert "50.0% (9.5% to 90.5%) of 2" in text.stdout
    assert "2 judged wrongly" in text.stderr
    assert f"{file}:4" in home.run("privacy", "test", "--wrong", str(file)).stdout


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", '{"text": 5, "private": true}', '{"text": "x"}']
)
def test_a_wrong_line_is_named(home: Home, tmp_path: Path, line: str) -> None:
    """File and line of the first mistake; nothing is measured."""
    file = tmp_path / "labelled.jsonl"
    file.write_text(f'{{"text": "a", "private": true}}\n{line}\n')
    result = home.run("privacy", "test", str(file))
    assert result.exit_code == 1
    assert f"{file}:2" in result.stderr


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share(hits: int, more: int) -> None:
    """The interval is inside 0..1, holds the share, and narrows with more samples."""
    share = Share(hits, hits + more)
    low, high = share.interval
    assert 0 <= low <= high <= 1
    if share.total:
        assert low - 1e-9 <= hits / share.total <= high + 1e-9
        wide = Share(hits * 4, share.total * 4).interval
        assert wide[1] - wide[0] < high - low


@pytest.mark.parametrize(
    ("answer", "checks", "passed"),
    [
        ("Paris.", {}, None),
        ("It is Paris.", {"contains": "paris"}, True),
        ("It is Paris.", {"contains": ["paris", "rome"]}, False),
        ("42", {"equals": 42}, True),
        ("about 42", {"equals": "42"}, False),
        ("Answer: 42", {"matches": r"\b42$"}, True),
        ("Answer: 43", {"matches": r"\b42$"}, False),
        ('```json\n{"a": 1}\n```', {"json": True}, True),
        ("{a: 1}", {"json": True}, False),
        ("{a: 1}", {"json": False}, True),
        ("[1, 2]", {"json": True, "contains": "3"}, False),
    ],
)
def test_an_answer_is_checked_as_told(
    answer: str, checks: dict[str, Any], *, passed: bool | None
) -> None:
    """All checks must hold; without any there is no verdict."""
    assert passes(answer, checks) is passed


@pytest.fixture
def scripted(home: Home, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every policy's runtime answers by script; ``local-first`` fails. The policies, as used."""
    used: list[str] = []

    def engine(runtime: Runtime) -> ScriptedEngine:
        used.append(runtime.settings.router.policy)
        broken = runtime.settings.router.policy == "local-first"
        error = NothingAnswered("Nobody answered.") if broken else None
        return ScriptedEngine(("It is Paris.",), error=error)

    home.engine = None
    monkeypatch.setattr(Runtime, "engine", property(engine))
    return used


def test_policies_are_compared_side_by_side(
    home: Home, scripted: list[str], tmp_path: Path
) -> None:
    """Quality by the given checks, cost, time and models, for each policy."""
    file = write(
        tmp_path / "prompts.jsonl",
        {"prompt": "Capital of France?", "contains": "Paris", "system": "Be brief."},
        {"prompt": "Capital of Italy?", "contains": "Rome"},
        {"prompt": "Hello"},
    )
    arguments = ["eval", str(file), "-p", "cheapest", "-p", "local-first", "--yes"]
    content = json.loads(home.run(*arguments, "--json").stdout)
    assert (content["cheapest"]["passed"], content["cheapest"]["checked"]) == (1, 2)
    assert content["cheapest"]["cost"] == "0.0036"
    assert content["cheapest"]["models"] == {"openai/gpt-5.5": 3}
    assert content["local-first"]["answered"] == 0
    assert content["local-first"]["outcomes"][0]["error"] == "Nobody answered."
    assert set(scripted) == {"cheapest", "local-first"}
    table = home.run(*arguments).stdout
    assert "1 of 2" in table
    assert "0 of 3" in table


@pytest.mark.usefixtures("scripted")
def test_nothing_is_sent_without_a_yes(home: Home, tmp_path: Path) -> None:
    """Money is spent only after a question; a mistake in the file is found before it."""
    file = write(tmp_path / "prompts.jsonl", {"prompt": "Hello"})
    assert home.run("eval", str(file), stdin="n\n").exit_code == 1
    for wrong in ('{"text": "x"}', '{"prompt": "x", "matches": "("}', "", "[1]"):
        file.write_text(wrong + "\n")
        result = home.run("eval", str(file), stdin="y\n")
        assert result.exit_code == 1
        assert str(file) in result.stderr
