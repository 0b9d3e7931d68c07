"""Names of models on the command line: an unknown one is wrong usage, with the nearest name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Home
from tests.support import replies
from tests.support.house import PRIVATE
from tests.support.scripted_provider import ScriptedProvider, always


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


@pytest.mark.parametrize("name", ["gpt-5.4", "gpt-5.5", "openai/gpt-5.5"])
def test_without_a_key_the_command_is_named(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Wrong usage for what could leave; nothing is asked in its place."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    result = home.run("explain", "--model", name, "hi")
    assert result.exit_code == 2
    assert "edgeroute keys set openai" in result.stderr
    told = json.loads(home.run("explain", "--json", "--model", name, PRIVATE).stdout)
    assert [one["place"] for one in told["candidates"]] == ["local"]


def test_a_familys_name_says_what_it_means(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest model of the vendor, and why it is that one."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    home.configure("[keys]\nenvironment = true\n")
    told = json.loads(home.run("explain", "--json", "--model", "gpt-5.4", "hi").stdout)
    said = "gpt-5.4 is not offered here; gpt-5.5 is the nearest."
    assert (told["candidates"][0]["model"], told["why"]) == ("openai/gpt-5.5", said)
    assert said in told["notes"]


@pytest.mark.parametrize("name", ["local/box", "LOCAL", " Local / x ", "local"])
def test_local_that_is_down_is_never_the_cloud(home: Home, name: str) -> None:
    """An endpoint of the user's own that does not answer: nothing could answer."""
    with ScriptedProvider(always(replies.chat("From the cloud."))) as cloud:
        home.configure(
            f"[providers.mock]\nbase_url = '{cloud.base_url}'\nmodels = ['m']\n"
            "[local]\nbackend = 'box'\n"
            "[local.endpoints.box]\nbase_url = 'http://127.0.0.1:9/v1'\nmodel = 'x'\n"
        )
        result = home.run("ask", "--model", name, "hi")
        assert (result.exit_code, result.stdout) == (4, "")
        assert cloud.bytes_received == 0
