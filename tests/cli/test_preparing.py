"""The work behind the front doors, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeroute.cli.getting_ready import get_ready
from edgeroute.cli.shell import Shell
from edgeroute.core.errors import LocalModelError
from edgeroute.core.local_models import OnProgress, Progress
from edgeroute.local import llamacpp_library
from edgeroute.local.preparing.preparing import SWITCH, Preparing
from edgeroute.wiring.admin import AdminParts
from tests.cli.conftest import Home


@pytest.fixture
def pulls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is fetched, by name; nothing really is, and llama.cpp is not there."""
    asked: list[str] = []

    async def pull(_: object, name: str, told: OnProgress) -> None:
        asked.append(name)
        told(Progress("compile" if name == "llamacpp" else "download", name, 36, 100))
        if name == "broken":
            raise LocalModelError("It cannot be reached.", "Check the connection.")

    monkeypatch.setattr(AdminParts, "pull", pull)
    monkeypatch.setattr(llamacpp_library, "found", lambda: None)
    return asked


def test_prepare_fetches_what_a_local_answer_needs(home: Home, pulls: list[str]) -> None:
    """llama.cpp and a model, with progress; nothing else."""
    result = home.run("models", "prepare")
    assert result.exit_code == 0, result.output
    assert pulls == ["llamacpp", "auto"]
    assert "compiling llamacpp" in result.stderr
    assert "36 of 100 files" in result.stderr


def test_status_says_what_is_missing_and_how_far_it_is(home: Home, pulls: list[str]) -> None:
    """Before, after a failure, and for programs."""
    before = home.run("models", "status")
    assert "Nothing is prepared yet" in before.stdout
    assert "llamacpp" in before.stderr
    home.configure('[local]\nmodel = "broken"\n')
    assert home.run("models", "prepare").exit_code == 4
    failed = home.run("models", "status")
    assert "It cannot be reached." in failed.stdout
    assert "Check the connection." in failed.stdout
    told = json.loads(home.run("models", "status", "--json").stdout)
    assert told["state"] == "failed"
    assert "rampart" in told["missing"]


def test_it_is_stopped_until_it_is_asked_for(home: Home, pulls: list[str]) -> None:
    """`--stop` holds for later starts; `models prepare` goes on."""
    assert home.run("models", "prepare", "--stop").exit_code == 0
    assert "You have stopped" in home.run("models", "status").stdout
    assert pulls == []
    assert home.run("models", "prepare").exit_code == 0


def test_what_was_stopped_before_it_began_does_nothing(home: Home, pulls: list[str]) -> None:
    """The process behind a front door finds itself stopped and ends; who asks for it gets it."""
    home.run("models", "prepare", "--stop")
    assert home.run("models", "prepare", "--behind").exit_code == 0
    assert pulls == []
    assert home.run("models", "prepare").exit_code == 0
    assert pulls == ["llamacpp", "auto"]


def test_a_fault_of_our_own_is_told(
    home: Home, pulls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`models prepare`, `models status` and `doctor` say what broke, and where the log is."""

    async def breaks(*_: object) -> None:
        raise TypeError

    monkeypatch.setattr(AdminParts, "pull", breaks)
    for command in (("models", "prepare"), ("models", "status"), ("doctor",)):
        said = home.run(*command).output
        assert "TypeError at" in said
        assert "preparation.log" in said


def test_a_front_door_fetches_the_check_first_and_begins_the_rest(
    home: Home,
    pulls: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before `ask` or the app: what reads prompts comes in view, the local model behind it; where
    everything was once there, nothing is looked at again.
    """
    begun: list[bool] = []

    def begin(_: Preparing, **__: object) -> bool:
        begun.append(True)
        return True

    monkeypatch.setattr(Preparing, "begin", begin)
    get_ready(Shell(home.runtime))
    assert pulls == []  # the tests' own switch
    monkeypatch.delenv(SWITCH)
    get_ready(Shell(home.runtime))
    assert sorted(pulls) == ["e5", "minilm", "rampart"]
    assert begun == [True]
    assert "models status" in capsys.readouterr().err
    monkeypatch.setattr(Preparing, "missing", lambda _: [])
    monkeypatch.setattr(Preparing, "missing_support", lambda _: ())
    get_ready(Shell(home.runtime))
    mark: Path = home.paths.state / "prepared"
    assert mark.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(Preparing, "missing_support", None)
    get_ready(Shell(home.runtime))
