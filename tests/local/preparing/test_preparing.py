"""The work behind the front doors, as every process sees it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.core.events import Delta, TextDelta
from edgeroute.core.local_models import LocalStatus, OnProgress, Progress, Step
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.local import llamacpp_library
from edgeroute.local.files.models import LocalModels
from edgeroute.local.hardware import GIB, Machine
from edgeroute.local.preparing.preparing import LLAMACPP, SWITCH, Preparing
from edgeroute.local.preparing.waiting import WaitingBackend
from edgeroute.local.preparing.work import PreparationWork

MODEL = "qwen2.5-coder-1.5b"
HOLDER = """
import sys, time
from pathlib import Path
from edgeroute.local.preparing.preparing import Preparing
with Preparing(Path(sys.argv[1]), None, model=str, uses_llamacpp=bool).holding() as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


class Machinery:
    """A machine of which the test says what is missing, and what was launched."""

    def __init__(self, folder: Path) -> None:
        self.here = False
        self.launched: list[Path] = []
        self.process: Any = SimpleNamespace(poll=lambda: 0)
        models = LocalModels(folder / "models", machine=Machine(8 * GIB, 2))
        models.choose = self._choose  # type: ignore[method-assign]
        self.preparing = Preparing(
            folder / "state",
            models,
            model=lambda: "auto",
            uses_llamacpp=lambda: True,
            launch=self._launch,
        )

    def _launch(self, log: Path) -> Any:
        self.launched.append(log)
        return self.process

    def _choose(self, wanted: str = "auto") -> Any:
        if not self.here:
            raise LocalModelError("There is no local model on this machine yet.")
        return wanted


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machinery:
    """A fresh machine without llama.cpp and without a model; preparing is not switched off."""
    made = Machinery(tmp_path)
    monkeypatch.delenv(SWITCH)
    monkeypatch.setattr(llamacpp_library, "found", lambda: tmp_path if made.here else None)
    return made


@pytest.fixture
def other(tmp_path: Path) -> Any:
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "state")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


class Fetch:
    """Fetches what is asked for, or fails where the test says so."""

    def __init__(self, machine: Machinery, fails: str = "") -> None:
        self.machine, self.fails, self.asked = machine, fails, list[str]()

    async def __call__(self, name: str, told: OnProgress) -> object:
        """One thing."""
        self.asked.append(name)
        step: Step = "compile" if name == LLAMACPP else "download"
        file = f"{MODEL}-instruct-q4_k_m.gguf"
        told(Progress(step, "llama.cpp" if name == LLAMACPP else file, 36, 100))
        await asyncio.sleep(0)
        if name == self.fails:
            raise LocalModelError("It breaks.", "Mend it.")
        self.machine.here = True
        return name


def test_a_fresh_machine_begins_once(machine: Machinery, other: Any) -> None:
    """What is missing is begun by the first front door; the next ones see that it runs."""
    assert machine.preparing.missing() == [LLAMACPP, "auto"]
    assert machine.preparing.begin()
    assert machine.launched == []  # another process is at it
    other.kill()
    other.wait()
    assert machine.preparing.begin()
    assert [path.name for path in machine.launched] == ["preparation.log"]


def test_it_can_be_switched_off(machine: Machinery, monkeypatch: pytest.MonkeyPatch) -> None:
    """With EDGEROUTE_PREPARE=never nothing is compiled or fetched by itself."""
    monkeypatch.setenv(SWITCH, "never")
    assert not machine.preparing.begin()
    assert machine.launched == []


async def test_all_processes_see_how_far_it_is(machine: Machinery, tmp_path: Path) -> None:
    """While it runs its parts are in words that say how far; at the end everything is here."""
    seen: list[str] = []
    fetch = Fetch(machine)
    with machine.preparing.holding() as mine:
        assert mine
        work = PreparationWork(
            machine.preparing, fetch, lambda _: seen.append(machine.preparing.now().sentence)
        )
        await work.run(lambda: None)
    assert fetch.asked == [LLAMACPP, "auto"]
    assert seen
    assert "compiling llama" in seen[-1]
    assert machine.preparing.now().state == "ready"
    assert machine.preparing.absent == ""
    assert (tmp_path / "state" / "preparation.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("fails", [LLAMACPP, "auto"])
async def test_what_fails_is_told_and_tried_again_at_the_next_start(
    machine: Machinery, fails: str
) -> None:
    """Every process knows the sentence and what to do next; the next start tries again."""
    with machine.preparing.holding(), pytest.raises(LocalModelError):
        await PreparationWork(machine.preparing, Fetch(machine, fails)).run(lambda: None)
    machine.here = False
    now = machine.preparing.now()
    assert (now.state, now.error, now.hint) == ("failed", "It breaks.", "Mend it.")
    assert machine.preparing.begin()
    assert machine.launched


async def test_without_a_compiler_nothing_is_fetched(machine: Machinery) -> None:
    """A model that nothing could run is not downloaded."""

    def no_compiler() -> None:
        raise LocalModelError("There is no C compiler.", "Install one.")

    fetch = Fetch(machine)
    with machine.preparing.holding(), pytest.raises(LocalModelError):
        await PreparationWork(machine.preparing, fetch).run(no_compiler)
    assert fetch.asked == []
    assert machine.preparing.now().error == "There is no C compiler."


async def test_a_killed_process_is_gone_on_from(machine: Machinery) -> None:
    """What was interrupted is begun again at the next start, though its file says that it runs."""
    work = PreparationWork(machine.preparing, Fetch(machine))
    work._tell("running")
    assert machine.preparing.now().state == "interrupted"
    assert machine.preparing.begin()


class Broken(Fetch):
    """Fetches by a part that has a fault."""

    async def __call__(self, name: str, told: OnProgress) -> object:
        """It breaks."""
        raise TypeError(f"extractall() got an unexpected keyword of {name}")


async def test_a_fault_of_our_own_is_a_failure(
    machine: Machinery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks inside is told with its place and where the log is, and another start of the
    same version does not try it again by itself; the user, or a newer version, does.
    """
    with machine.preparing.holding(), pytest.raises(LocalModelError, match="TypeError at"):
        await PreparationWork(machine.preparing, Broken(machine)).run(lambda: None)
    now = machine.preparing.now()
    assert now.state == "failed"
    assert "test_preparing.py" in now.error
    assert str(machine.preparing.log) in now.hint
    assert not machine.preparing.begin()
    assert machine.launched == []
    backend = WaitingBackend(Model(), machine.preparing)
    assert (await backend.status()).warning == now.error
    with monkeypatch.context() as newer:
        newer.setattr("edgeroute.local.preparing.preparing.__version__", "9.9")
        assert machine.preparing.begin()
    assert machine.launched == [machine.preparing.log]


@pytest.mark.parametrize(("code", "state"), [(1, "failed"), (-11, "failed"), (-9, "interrupted")])
async def test_a_death_without_a_word_is_told_by_who_launched_it(
    machine: Machinery, tmp_path: Path, code: int, state: str
) -> None:
    """A process that broke is a failure for every process; one that was killed is gone on from."""
    machine.process = Starting()
    assert machine.preparing.begin()
    PreparationWork(machine.preparing, Fetch(machine))._tell("running")
    machine.process.ended = code
    assert machine.preparing.now().state == state
    assert Machinery(tmp_path).preparing.now().state == state


async def test_what_never_comes_to_an_end_is_not_begun_for_ever(machine: Machinery) -> None:
    """Three beginnings without an end, whoever saw them: from then on it has failed; asked for it
    is begun once more, and what comes to an end then counts no more.
    """
    for _ in range(3):
        machine.process = SimpleNamespace(poll=lambda: -9)
        assert machine.preparing.begin()
    assert not machine.preparing.begin()
    assert "begun 3 times" in machine.preparing.now().error
    assert machine.preparing.begin(asked=True)
    assert len(machine.launched) == 4
    assert machine.preparing.now().state == "interrupted"


async def test_a_process_that_was_stopped_before_it_began_can_tell(
    machine: Machinery, tmp_path: Path
) -> None:
    """Stopped from another process before it holds the lock, it does nothing once it does."""
    machine.process = Starting()
    assert machine.preparing.begin()
    await Machinery(tmp_path).preparing.stop()
    assert machine.preparing.stopped


async def test_the_user_stops_it_for_good(machine: Machinery, other: Any) -> None:
    """Stopping ends the process, and no front door begins again until it is asked to."""
    assert machine.preparing.now().state == "running"
    assert await machine.preparing.stop()
    assert other.wait(10) == -signal.SIGTERM
    assert machine.preparing.now().state == "stopped"
    assert not machine.preparing.begin()
    assert not await machine.preparing.stop()


class Starting:
    """A process that has been launched and does not hold the lock yet."""

    def __init__(self) -> None:
        self.ended: int | None = None

    def poll(self) -> int | None:
        """Its exit status, once it has one."""
        return self.ended

    def terminate(self) -> None:
        """It ends."""
        self.ended = -signal.SIGTERM


async def test_the_first_prompt_waits_for_a_process_that_is_just_starting(
    machine: Machinery,
) -> None:
    """Between the launch and its first sign of life the work counts as begun."""
    machine.process = Starting()
    assert machine.preparing.begin()
    assert machine.preparing.now().state == "running"
    backend = WaitingBackend(Model(), machine.preparing)
    answer = asyncio.create_task(words(backend, asked("chat")))
    await asyncio.sleep(0.1)
    assert not answer.done()
    machine.here = True
    assert await answer == "here"
    machine.here = False
    machine.process.ended = 1  # it could not even begin
    machine.preparing.log.write_text("ImportError at work.py:7\n\n")
    now = machine.preparing.now()
    assert now.state == "failed"
    assert "ImportError at work.py:7" in now.error
    assert str(machine.preparing.log) in now.hint


async def test_what_is_just_starting_can_be_stopped(machine: Machinery) -> None:
    """It is ended before it has begun, and nobody begins again."""
    machine.process = Starting()
    machine.preparing.begin()
    assert await machine.preparing.stop()
    assert machine.process.ended == -signal.SIGTERM
    assert machine.preparing.now().state == "stopped"


class Model:
    """A local model that answers one word."""

    name = "llamacpp"
    card: Any = SimpleNamespace(id="local/x")
    standby: tuple[Any, ...] = ()

    def cards(self) -> tuple[Any, ...]:
        """Its card."""
        return (self.card,)

    async def answer(self, request: ChatRequest) -> AsyncGenerator[Delta]:
        """One word."""
        del request
        yield TextDelta("here")

    async def status(self) -> LocalStatus:
        """It runs."""
        return LocalStatus("ready", "x", "", self.name)

    async def close(self) -> None:
        """Nothing."""


def asked(front_door: Any) -> ChatRequest:
    """A question from a front door."""
    return ChatRequest((user("My name is Anna Berg."),), front_door=front_door)


async def words(backend: WaitingBackend, request: ChatRequest) -> str:
    """The whole answer."""
    return "".join([d.text async for d in backend.answer(request) if isinstance(d, TextDelta)])


@pytest.mark.parametrize("front_door", ["chat", "cli"])
async def test_a_persons_prompt_waits(machine: Machinery, other: Any, front_door: str) -> None:
    """In the app and on the command line the prompt waits, the status says for what, and it is
    answered here as soon as that can be.
    """
    backend = WaitingBackend(Model(), machine.preparing)
    answer = asyncio.create_task(words(backend, asked(front_door)))
    await asyncio.sleep(0.1)
    assert not answer.done()
    assert (await backend.status()).state == "preparing"
    machine.here = True
    assert await answer == "here"
    assert (await backend.status()).state == "ready"


async def test_what_will_answer_is_what_is_being_fetched(machine: Machinery, other: Any) -> None:
    """Where another model comes than the one that fits best, plans and receipts name that one."""
    backend = WaitingBackend(Model(), machine.preparing)
    assert backend.card.id == "local/x"
    work = PreparationWork(machine.preparing, Fetch(machine))
    work._came("auto", Progress("download", f"{MODEL}-instruct-q4_k_m.gguf", 1, 2))
    assert backend.card.id == f"local/{MODEL}"
    machine.here = True
    assert backend.card.id == "local/x"


async def test_a_program_is_told_at_once(machine: Machinery, other: Any) -> None:
    """A client of the endpoint does not sit through a compilation: it hears how far it is."""
    backend = WaitingBackend(Model(), machine.preparing)
    before = time.monotonic()
    with pytest.raises(LocalModelError, match="being prepared") as refused:
        await words(backend, asked("http"))
    assert time.monotonic() - before < 5
    assert "models status" in refused.value.hint


async def test_where_nobody_prepares_it_the_prompt_is_refused(machine: Machinery) -> None:
    """Nothing waits for work that nobody does: the refusal says what to do next."""
    await machine.preparing.stop()
    backend = WaitingBackend(Model(), machine.preparing)
    assert (await backend.status()).state == "missing"
    with pytest.raises(LocalModelError, match="stopped") as refused:
        await words(backend, asked("chat"))
    assert "edgeroute models prepare" in refused.value.hint
