"""Answers at the same time share the one model, each slice in its turn."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest, Sampling
from edgeroute.local import hardware
from edgeroute.local.files import catalogue
from edgeroute.local.files.recommend import bytes_needed
from edgeroute.local.worker import service as module
from edgeroute.local.worker.context import GenerationStopped
from edgeroute.local.worker.host import Counts
from edgeroute.local.worker.service import WorkerService
from edgeroute.local.worker.steps import Asked, Ended, Piece, Step, Waits
from edgeroute.local.worker.turn_queue import Ticket


@dataclass
class Model:
    """A host whose answers take a second a token; a prompt says how many it draws."""

    now: float = 0.0
    drawing: str = ""
    switches: int = 0
    pause: float = 0.0

    def steps(self, host: Any, asked: Asked) -> Iterator[Step | None]:
        """The steps of one answer."""
        said = asked.request.messages[0].text
        if said == "broken":
            raise RuntimeError(said)
        for _ in range(int(said)):
            if host.stop():
                raise GenerationStopped
            self.switches += self.drawing != said
            self.drawing = said
            self.now += 1
            time.sleep(self.pause)
            yield Piece(None, ())
        yield Ended("stop", Counts(output=int(said)))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    """Stands in for llama.cpp."""
    made = Model()
    monkeypatch.setattr(module, "steps_of", made.steps)
    monkeypatch.setattr(WorkerService, "_ready", ready)
    return made


def ready(service: WorkerService, _: str) -> Any:
    """Stands in for loading a model."""
    quiet: Any = SimpleNamespace(
        stop=lambda: False, close=lambda: None, give_way=lambda: None, cramped=False
    )
    service.host = service.host or quiet
    return service.host


def opened(model: Model) -> WorkerService:
    """A service over the model's own clock."""
    models: Any = SimpleNamespace(choose=lambda name: SimpleNamespace(id=name))
    return WorkerService(models, monotonic=lambda: model.now)


def asked(what: int | str, *, urgent: bool = False, seed: int | None = None) -> Asked:
    """A prompt for an answer of so many tokens; with a seed it has to be alone."""
    request = ChatRequest((user(str(what)),), model="m", sampling=Sampling(seed=seed))
    return Asked(request=request, urgent=urgent)


async def whole(service: WorkerService, what: Asked, order: list[str]) -> int:
    """The tokens of one answer; who ends is noted."""
    tokens = 0
    async for step in service.answer(what):
        tokens += isinstance(step, Piece)
    order.append(what.request.messages[0].text)
    return tokens


async def test_a_runaway_answer_delays_others_by_its_slice_only(model: Model) -> None:
    """Those that have to be alone end before it, and it goes on to its own end."""
    service, order = opened(model), list[str]()
    work = [whole(service, asked(size, seed=1), order) for size in (500, 3, 4)]
    assert await asyncio.gather(*work) == [500, 3, 4]
    assert order == ["3", "4", "500"]
    assert model.switches <= 5


async def test_answers_are_computed_side_by_side(model: Model) -> None:
    """A token of each in turn, four at most, whoever joins later."""
    model.pause = 0.05
    service, order = opened(model), list[str]()
    sizes = (12, 9, 6, 3)
    assert await asyncio.gather(*(whole(service, asked(each), order) for each in sizes)) == [*sizes]
    assert order == ["3", "6", "9", "12"]
    assert model.switches > 20


async def test_nobody_computes_beside_whom_a_person_waits_for(model: Model) -> None:
    """Programs come after it, together."""
    model.pause = 0.05
    service, order = opened(model), list[str]()
    work = [asked(5, urgent=True), asked(8), asked(3), asked(2, urgent=True)]
    await asyncio.gather(*(whole(service, each, order) for each in work))
    assert order == ["2", "5", "3", "8"]


async def test_a_model_that_failed_ends_all_that_it_was_computing(model: Model) -> None:
    """Each with a sentence, and the next one is answered."""
    model.pause = 0.05
    service = opened(model)
    found = await asyncio.gather(
        whole(service, asked(50), []), whole(service, asked("broken"), []), return_exceptions=True
    )
    assert [type(one) for one in found] == [LocalModelError] * 2
    assert await whole(service, asked(2), []) == 2


async def test_alone_an_answer_is_not_cut_into_slices(model: Model) -> None:
    """Nobody is waited for."""
    assert await whole(opened(model), asked(200), []) == 200
    assert model.switches == 1


async def test_what_somebody_waits_for_comes_first(model: Model) -> None:
    """Before what came earlier and has not begun."""
    service, order = opened(model), list[str]()
    work = [asked(5, seed=1), asked(6), asked(7, urgent=True)]
    await asyncio.gather(*(whole(service, each, order) for each in work))
    assert order == ["5", "7", "6"]


async def test_private_prompts_of_programs_come_before_others(model: Model) -> None:
    """Nobody else could answer them."""
    service, order = opened(model), list[str]()
    work = [asked(5, seed=1), asked(6, seed=1), replace(asked(7, seed=1), private=True)]
    await asyncio.gather(*(whole(service, each, order) for each in work))
    assert order == ["5", "7", "6"]


async def test_a_pinned_model_is_never_idle(model: Model) -> None:
    """Others are."""
    service = opened(model)
    model.now += 100
    assert service.idle_seconds == 100
    service.host = SimpleNamespace(build=SimpleNamespace(id="m"))  # type: ignore[assignment]
    assert service.idle_seconds == 100
    service._pinned = ("m",)
    assert service.idle_seconds == 0


async def test_whoever_waits_is_told_for_how_long(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as it does, and before anything else."""
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.001)
    service, other = opened(model), Ticket("m")
    await service.turns.take(other)
    answer = service.answer(asked(3))
    assert await anext(answer) == Waits(1, 10.0)
    service.turns.used(other, over=True, seconds=10)
    assert [type(step) async for step in answer] == [Piece, Piece, Piece, Ended]


async def test_whoever_leaves_costs_nobody_anything(model: Model) -> None:
    """In the midst of an answer, or still in line."""
    service, order = opened(model), list[str]()
    first = asyncio.create_task(whole(service, asked(100_000), order))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(whole(service, asked(99_999), order))
    await asyncio.sleep(0.05)
    first.cancel()
    second.cancel()
    assert await whole(service, asked(3), order) == 3
    await asyncio.gather(first, second, return_exceptions=True)
    assert order == ["3"]
    assert service.turns.waiting == 0
    assert service.turns.expected_seconds == 0


async def test_a_failure_is_a_sentence_and_the_next_one_is_answered(model: Model) -> None:
    """Whatever llama.cpp raises."""
    service = opened(model)
    with pytest.raises(LocalModelError, match="failed while it answered"):
        await whole(service, asked("broken"), [])
    assert await whole(service, asked(2), []) == 2


async def test_a_model_that_takes_long_to_load_keeps_nobody_in_the_dark(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow disk the worker says that it is loading, and others how long they wait."""
    service, told = opened(model), list[Step]()
    loading, loaded = threading.Event(), threading.Event()

    def slowly(self: WorkerService, name: str) -> Any:
        self.state = "loading"
        loading.set()
        assert loaded.wait(20)
        return ready(self, name)

    monkeypatch.setattr(WorkerService, "_ready", slowly)

    async def other() -> None:
        async for step in service.answer(asked(2)):
            told.append(step)
            loaded.set()

    first = asyncio.create_task(whole(service, asked(1), []))
    assert await asyncio.to_thread(loading.wait, 20)
    assert service.state == "loading"
    await asyncio.gather(first, other())
    assert isinstance(told[0], Waits)
    assert isinstance(told[-1], Ended)


def test_too_little_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is loaded; it says how much is needed and what to do. A little more, and the window
    is smaller.
    """
    monkeypatch.undo()
    known = catalogue.load().builds["qwen2.5-coder-0.5b"]
    models: Any = SimpleNamespace(
        choose=lambda _: known, path=lambda _: Path("none"), window=lambda *_: 16_384
    )
    service = WorkerService(models)
    monkeypatch.setattr(hardware, "available_memory", lambda: 300 << 20)
    with pytest.raises(LocalModelError) as error:
        service._ready("m")
    assert "needs about 1.0 GB of memory, and 0.3 GB is free" in error.value.message
    assert "smaller model" in error.value.hint
    monkeypatch.setattr(hardware, "available_memory", lambda: bytes_needed(known, 5_000))
    assert service._fitting_window(known) == 4_096
