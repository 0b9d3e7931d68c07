"""Other engines for real, each with a key, behind TLS of an own authority, killed, two in turn.

An engine is not a part of EdgeRoute, so each runs in a Python of its own: ``EDGEROUTE_ENGINES``
names some (separated by ``:``); without it this one is looked at. What is not there is skipped.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import trustme

from edgeroute.core.errors import LocalModelError
from edgeroute.core.events import Delta, Finish, ReasoningDelta, TextDelta
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest, Sampling
from edgeroute.core.secret import Secret
from edgeroute.local.backends.choose import Choices
from edgeroute.local.backends.endpoint import Endpoint
from edgeroute.local.backends.several import Several
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.models import LocalModels
from edgeroute.providers.egress import tls_context
from edgeroute.settings import EndpointSettings
from tests.support import engines
from tests.support.model_files import SMALL, require
from tests.support.tls_terminator import terminating

KEY: Final = "sk-engine-test"
UP_SECONDS: Final = 240

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]


@dataclass
class Engine:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    model: str

    @property
    def url(self) -> str:
        """What the settings name."""
        return f"http://127.0.0.1:{self.port}/v1"

    def kill(self) -> None:
        """As if the power went, for the processes that it started, too."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@cache
def python_with(module: str) -> str:
    """A Python that can import ``module``; empty where none is known."""
    for python in [*os.environ.get("EDGEROUTE_ENGINES", "").split(":"), sys.executable]:
        found = python and subprocess.run(
            [
                python,
                "-c",
                f"import importlib.util as u, sys; sys.exit(not u.find_spec({module!r}))",
            ],
            check=False,
        )
        if found and found.returncode == 0:
            return python
    return ""


@contextlib.contextmanager
def running(kind: engines.Kind, folder: Path) -> Iterator[Engine]:
    """A server of ``kind`` that takes requests; what it says is in ``folder``."""
    python = python_with(kind.module)
    if not python:
        pytest.skip(f"{kind.module} is not installed (EDGEROUTE_ENGINES names a Python with it)")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    model = require(SMALL) if kind.gguf else engines.tiny(python, folder)
    with (folder / f"{kind.module}-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            kind.command(python, model, port, KEY),
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            start_new_session=True,
        )
    engine = Engine(port, process, kind.model)
    try:
        asyncio.run(up(engine))
        yield engine
    finally:
        engine.kill()


async def up(engine: Engine) -> None:
    """Wait until it answers."""
    end = time.monotonic() + UP_SECONDS
    while time.monotonic() < end:
        if engine.process.poll() is not None:
            raise AssertionError("the server ended while it started")
        with contextlib.suppress(LocalModelError):
            await told(endpoint(engine), ask("Hello", 1))
            return
        await asyncio.sleep(1)
    raise AssertionError("the server did not start in time")


def endpoint(engine: Engine, *, url: str = "", key: str = KEY, ca_file: str = "") -> Endpoint:
    """The server as a backend, perhaps behind another ``url``."""
    return Endpoint(
        "box",
        url or engine.url,
        model=engine.model,
        key=Secret(key) if key else None,
        tls=lambda: tls_context(ca_file),
    )


def ask(text: str, tokens: int = 16) -> ChatRequest:
    """A prompt."""
    return ChatRequest((user(text),), sampling=Sampling(max_output_tokens=tokens, temperature=0))


async def told(backend: Endpoint | Several, request: ChatRequest) -> list[Delta]:
    """The deltas of an answer."""
    return [delta async for delta in backend.answer(request)]


@pytest.fixture(scope="module", params=engines.KINDS, ids=lambda kind: kind.module)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[engines.Kind, Engine]]:
    """One server of each kind."""
    with running(request.param, tmp_path_factory.mktemp("engine")) as found:
        yield request.param, found


async def test_it_answers_with_its_key_alone(engine: tuple[engines.Kind, Engine]) -> None:
    """With the key an answer that ends; without one a sentence that says where to put it."""
    kind, server = engine
    found = await told(endpoint(server), ask("Say hello."))
    assert isinstance(found[-1], Finish)
    if not kind.model:
        status = await endpoint(server).status()
        assert (status.state, status.window > 0) == ("ready", True)
    if kind.has_keys:
        with pytest.raises(LocalModelError) as error:
            await told(endpoint(server, key=""), ask("Say hello."))
        assert "edgeroute keys set box" in error.value.hint


async def test_it_is_reached_behind_tls(
    engine: tuple[engines.Kind, Engine], tmp_path: Path
) -> None:
    """An authority of one's own counts where the settings name it, and not otherwise."""
    authority, file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    with terminating(authority.issue_cert("127.0.0.1"), engine[1].port) as port:
        url = f"https://127.0.0.1:{port}/v1"
        trusted = endpoint(engine[1], url=url, ca_file=str(file))
        assert isinstance((await told(trusted, ask("Say hello.")))[-1], Finish)
        with pytest.raises(LocalModelError):
            await told(endpoint(engine[1], url=url), ask("Say hello."))


def several(tmp_path: Path, *servers: Engine) -> tuple[Several, WorkerProcess]:
    """``servers`` in turn, and after them the own worker."""
    models = LocalModels(require(SMALL).parent)
    worker = WorkerProcess(tmp_path / "run", tmp_path / "state", models.folder, window=2_048)
    named = {
        f"box{place}": EndpointSettings(base_url=one.url, model=one.model)
        for place, one in enumerate(servers)
    }
    choices = Choices(models=models, process=worker, endpoints=named, key_of=lambda _: Secret(KEY))
    first, *others = named
    backend = asyncio.run(choices.backend(first, "auto", others))
    assert isinstance(backend, Several)
    return backend, worker


@pytest.mark.parametrize("kind", engines.KINDS, ids=lambda kind: kind.module)
def test_two_of_them_in_turn_and_the_own_worker_last(kind: engines.Kind, tmp_path: Path) -> None:
    """One that dies in the midst of an answer is told; the next prompt is answered by the other,
    and after both by the own worker.
    """
    with running(kind, tmp_path) as one, running(kind, tmp_path) as two:
        backend, worker = several(tmp_path, one, two)

        async def killed_while_it_answers() -> None:
            async for delta in backend.answer(ask("Count up from one.", tokens=400)):
                if isinstance(delta, TextDelta | ReasoningDelta):
                    one.kill()

        async def use() -> None:
            with pytest.raises(LocalModelError) as error:
                await killed_while_it_answers()
            assert error.value.message
            for server in (two, None):
                assert isinstance((await told(backend, ask("Say hello.")))[-1], Finish)
                if server is not None:
                    server.kill()
            await worker.stop()

        asyncio.run(use())
