"""`privacy test` and `eval`: a user's own prompts, measured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.calibration import Calibration, CalibrationProgress, Combination, Measured
from edgeroute.core.errors import NothingAnswered
from edgeroute.core.events import Event
from edgeroute.core.verdict import CLEAR, LocalOpinion, Verdict
from edgeroute.wiring import Runtime
from edgeroute.wiring.admin import AdminParts
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
    told = json.loads(home.run(*arguments, "--json").stdout)
    cheapest, local_first = told["policies"]["cheapest"], told["policies"]["local-first"]
    assert (cheapest["quality"]["mean"], cheapest["quality"]["rated"]) == (0.5, 2)
    assert cheapest["cost"] == "0.0036"
    assert cheapest["models"] == {"openai/gpt-5.5": 3}
    assert local_first["answered"] == 0
    assert local_first["answers"][0]["error"] == "Nobody answered."
    assert cheapest["answers"][0]["receipt"] == "r1"
    assert (told["comparison"]["worse"], told["comparison"]["equal"]) == (1, 1)
    assert set(scripted) == {"cheapest", "local-first"}
    result = home.run(*arguments)
    assert "1 of 2" in result.stdout
    assert "0 of 3" in result.stdout
    assert "worse on 1 (may be chance, p = 1)" in result.stdout
    assert "local-first, lines 1, 2, 3: Nobody answered." in result.stderr
    assert "1 prompts have no checks; `--judge local`" in result.stderr


@pytest.mark.usefixtures("scripted")
def test_a_judge_rates_what_has_no_checks(home: Home, tmp_path: Path) -> None:
    """With a judge, unchecked answers get a score or a reason why not; its cost stands apart."""
    file = write(tmp_path / "prompts.jsonl", {"prompt": "Hello"}, {"prompt": "Bye"})
    result = home.run("eval", str(file), "--judge", "local", "--limit", "1", "--yes")
    assert result.exit_code == 0
    assert "1 of 1" in result.stdout
    assert "judged by nobody for $0.0012; 1 could not be judged" in result.stdout
    assert "line 1: not judged. local could not be asked" in result.stderr


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize(
    ("judge", "said"),
    [
        ("anthropic/claude-opus-4.8x", "Did you mean `anthropic/claude-opus-4"),
        ("auto", "Use `local` or provider/model."),
        ("openai/gpt-6-luna", "edgeroute keys set openai"),
    ],
)
def test_a_judge_that_cannot_be_asked_is_named_first(
    home: Home, tmp_path: Path, judge: str, said: str
) -> None:
    """An unknown judge or one without a key is wrong usage; nothing is asked, nothing is sent."""
    file = write(tmp_path / "prompts.jsonl", {"prompt": "Hello"})
    result = home.run("eval", str(file), "--judge", judge, stdin="y\n")
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_stopping_shows_what_is_done(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """ctrl+c in the middle keeps every finished answer and exits with 1."""
    engine = ScriptedEngine(("It is Paris.",))

    async def stop_at_the_third(request: Any) -> AsyncGenerator[Event]:
        if len(engine.requests) == 2:
            raise asyncio.CancelledError
        async for event in ScriptedEngine.stream(engine, request):
            yield event

    home.engine = None
    monkeypatch.setattr(engine, "stream", stop_at_the_third)
    monkeypatch.setattr(Runtime, "engine", property(lambda _: engine))
    file = write(tmp_path / "p.jsonl", *[{"prompt": str(n), "contains": "Paris"} for n in range(5)])
    result = home.run("eval", str(file), "--yes", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["stopped"] is True
    assert told["policies"]["default"]["quality"]["rated"] == 2
    assert "Stopped after 2 answers" in result.stderr


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


class Asks:
    """An inspector whose local model was asked about everything."""

    async def scan(self, text: str, *, full: bool = True, origin: str = "user") -> Verdict:
        """Clear, with a weight and an opinion."""
        opinion = LocalOpinion("local/m", 0.2, holds=False)
        return replace(CLEAR, weight=0.41, opinions=(opinion,))

    async def close(self) -> None:
        """Nothing is held."""


def test_why_tells_the_weight_of_a_clear_text_and_who_was_asked(home: Home) -> None:
    """The number and the sentence are shown, and given to programs; never the text."""
    home.inspector = Asks()
    shown = home.run("scan", "--why", stdin="Something doubtful")
    assert "private with a probability of 0.41" in shown.stdout
    assert "local/m was asked whether it is private: no (80%)" in shown.stdout
    assert "doubtful" not in shown.stdout
    (report,) = json.loads(home.run("scan", "--why", "--json", stdin="Something").stdout)
    assert report["weight"] == 0.41
    assert report["second_opinions"] == [{"model": "local/m", "probability": 0.2, "holds": False}]
    assert "0.41" not in home.run("scan", stdin="Something").stdout


def test_a_calibration_shows_what_was_measured(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row for each group of languages, with whether it is asked about from now on."""
    combination = Combination(1.0, 1.0, 0.0, 0.6)
    groups = {
        "english": Measured(250, 30, 0, 7, 1, 1, 0.035, True, combination),
        "latin": Measured(180, 20, 4, 1, 1, 0, 0.5, False, combination),
    }
    made = Calibration("here", "local/m", "basis", "2026-01-02", groups)

    async def calibrate(
        _: AdminParts, tell: Callable[[CalibrationProgress], None], *, again: bool
    ) -> Calibration:
        tell(CalibrationProgress(1, 2, asked=again))
        return made

    monkeypatch.setattr(AdminParts, "calibrate", calibrate)
    shown = home.run("privacy", "calibrate")
    assert "Second opinions of local/m on this machine:" in shown.stdout
    assert "from now on" in shown.stdout.splitlines()[2]
    assert shown.stdout.splitlines()[3].endswith("no")
    printed = json.loads(home.run("privacy", "calibrate", "--again", "--json").stdout)
    assert printed["groups"]["english"]["gained"] == 7
