"""Names of models on the command line: an unknown one is wrong usage, with the nearest name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Home


@pytest.fixture
def home(home: Home) -> Home:
    """An installation with the real engine, whose name model is switched off."""
    home.engine = None
    home.configure("[providers.mock]\nbase_url = 'https://llm.example.com/v1'\nmodels = ['m']\n")
    (home.paths.config / "rules").mkdir(mode=0o700)
    (home.paths.config / "rules" / "privacy.yaml").write_text("names: 'off'\n")
    return home


@pytest.mark.parametrize(
    "command", [["ask"], ["explain"], ["ask", "--json"], ["explain", "-p", "private"]]
)
def test_an_unknown_model_is_wrong_usage(home: Home, command: list[str]) -> None:
    """Exit code 2 and a sentence with the nearest name; nothing is answered by another company."""
    result = home.run(*command, "--model", "mokc/m", "hi")
    assert result.exit_code == 2
    assert "There is no model `mokc/m`. Did you mean `mock/m`?" in result.stderr
    assert "edgeroute models list" in result.stderr


def test_a_model_that_is_not_here_is_wrong_usage(home: Home) -> None:
    """`local/...` is never the cloud."""
    result = home.run("explain", "--model", "LOCAL/qwen3-4b", "hi")
    assert result.exit_code == 2
    assert "There is no model `LOCAL/qwen3-4b` on this machine." in result.stderr


def test_case_and_blanks_do_not_count(home: Home) -> None:
    """` Local` is the local model, and `MOCK/M` the managed one."""
    told = json.loads(home.run("explain", "--json", "--model", " Local", "hi").stdout)
    assert [one["place"] for one in told["candidates"]] == ["local"]
    told = json.loads(home.run("explain", "--json", "--model", "MOCK/M", "hi").stdout)
    assert told["candidates"][0]["model"] == "mock/m"


@pytest.mark.parametrize(
    ("judge", "said"), [("mokc/m", "mean `mock/m`?"), ("cascade", "Use `local` or provider/model.")]
)
def test_a_judge_must_be_one_model(home: Home, tmp_path: Path, judge: str, said: str) -> None:
    """An unknown name and a way of answering are wrong usage."""
    file = tmp_path / "prompts.jsonl"
    file.write_text('{"prompt": "Hello"}\n')
    result = home.run("eval", str(file), "--judge", judge, "--yes")
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
