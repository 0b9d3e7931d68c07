"""A running endpoint answers commands as they would answer by themselves, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from edgeroute.cli import beside
from edgeroute.cli.answering import answering
from edgeroute.cli.group import cli
from edgeroute.core.errors import Cancelled
from edgeroute.core.private_file import make_private_folder
from edgeroute.core.verdict import CLEAR, Verdict
from tests.cli.conftest import Home
from tests.support.scripted_engine import ScriptedEngine


@pytest.fixture(autouse=True)
def nothing_is_piped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """But an end."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))


@contextlib.contextmanager
def running(home: Home, key: str = "") -> Iterator[None]:
    """A process that answers commands, as ``serve`` does."""
    loop, ended = asyncio.new_event_loop(), asyncio.Event()
    ready: asyncio.Future[None] = loop.create_future()

    async def work() -> None:
        runtime = home.runtime()
        async with answering(runtime, key or beside.fingerprint(home.paths), cli):
            ready.set_result(None)
            await ended.wait()
        await runtime.close()

    async def up() -> None:
        await ready

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(loop.run_until_complete, work())
        asyncio.run_coroutine_threadsafe(up(), loop).result(30)
        try:
            yield
        finally:
            loop.call_soon_threadsafe(ended.set)
            done.result(30)
    loop.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "Hello"],
        ["ask", "--json", "Hello"],
        ["ask", "--model", "none/such", "--privacy", "wrong", "Hello"],
        ["explain"],
        ["scan", "absent.txt"],
    ],
)
def test_what_a_running_one_says_is_what_would_have_been_said(
    home: Home, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """The same words on the same streams, and the same exit code."""
    alone = home.run(*arguments)
    with running(home):
        code = beside.answered(arguments)
    said = capsys.readouterr()
    assert code == alone.exit_code
    assert said.out == alone.stdout
    assert said.err == alone.stderr.replace("cli ", "edgeroute ")  # what the runner calls it


class Seen:
    """An inspector that finds nothing, and remembers what it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def scan(self, text: str, *, full: bool) -> Verdict:
        """Nothing is in any text."""
        assert full
        self.texts.append(text)
        return CLEAR


def test_it_reads_what_is_piped_in_and_files_by_their_place(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As seen from the folder and the pipe of who asks."""
    home.inspector = seen = Seen()
    (tmp_path / "one.txt").write_text("In a file.")
    with running(home):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Through a pipe.")))
        assert beside.answered(["scan", "--check", "-", "one.txt"]) == 0
    assert seen.texts == ["Through a pipe.", "In a file."]
    assert capsys.readouterr().out.count("No personal data found.") == 2


@pytest.mark.parametrize("when", ["begun", "input"])
def test_it_is_stopped_with_whoever_asked(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Whenever ctrl+c comes; the exit code says so."""
    home.engine = ScriptedEngine(hold=True)
    told = beside._Asked._take

    def stopping(self: beside._Asked, said: dict[str, Any]) -> int | None:
        code = told(self, said)
        if when in said:
            self._stop()
        return code

    monkeypatch.setattr(beside._Asked, "_take", stopping)
    with running(home):
        assert beside.answered(["ask", "Hello"]) in {1, Cancelled.exit_code}
    assert "Stopped." in capsys.readouterr().err


def test_it_does_not_answer_by_other_settings(home: Home) -> None:
    """Nor for another version or other keys; nothing is printed then."""
    home.configure("[privacy]\n")
    with running(home):
        assert beside.answered(["explain", "--help"]) is None
        assert beside.answered(["doctor"]) is None
        home.configure('[router]\ntier = "premium"\n')
        assert beside.answered(["ask", "Hello"]) is None


def test_keys_and_rules_are_part_of_what_an_answer_depends_on(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists that are read anew with every request are not."""
    home.configure("[privacy]\n")
    before = beside.fingerprint(home.paths)
    (home.paths.config / "privacy-lists.yaml").write_text("allow: []\n")
    assert beside.fingerprint(home.paths) == before
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    keyed = beside.fingerprint(home.paths)
    assert keyed != before
    (home.paths.config / "rules").mkdir()
    (home.paths.config / "rules" / "privacy.yaml").write_text("level: strict\n")
    assert beside.fingerprint(home.paths) != keyed


def test_where_nothing_runs_or_others_may_enter_a_command_does_its_own_work(home: Home) -> None:
    """A folder that others can enter may hold anybody's socket."""
    assert beside.answered(["ask", "Hello"]) is None
    with running(home):
        home.paths.runtime.chmod(0o755)
        assert beside.answered(["ask", "Hello"]) is None
        home.paths.runtime.chmod(0o700)
        assert beside.answered(["ask", "Hello"]) == 0
    assert not (home.paths.runtime / beside.NAME).exists()
    assert beside.answered(["ask", "Hello"]) is None


def test_a_second_one_leaves_the_commands_to_the_first(home: Home) -> None:
    """What an ended one left behind is taken over."""
    with running(home):
        with running(home, key="another"):
            assert beside.answered(["explain"]) == 2
        assert beside.answered(["explain"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code"), [(["scan", "--check", "a.txt"], 2), (["scan", "a.txt"], 1)]
)
def test_one_that_dies_in_its_answer_has_found_nothing(
    home: Home, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    """A check that came to no end is an error, not a finding."""
    make_private_folder(home.paths.runtime)
    with socket.socket(socket.AF_UNIX) as dying, ThreadPoolExecutor(1) as thread:
        dying.bind(str(home.paths.runtime / beside.NAME))
        dying.listen()

        def die() -> None:
            asking, _ = dying.accept()
            with asking, asking.makefile("rb") as lines:
                lines.readline()
                asking.sendall(b'{"begun": true}\n')

        done = thread.submit(die)
        assert beside.answered(arguments) == code
        done.result(30)
    assert "ended before its answer" in capsys.readouterr().err
