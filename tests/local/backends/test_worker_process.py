"""Starting the worker: closed environment, safe place, nothing loaded that is not right."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.worker_process import WorkerProcess, scrubbed
from edgeroute.local.files.models import LocalModels
from edgeroute.local.hardware import GIB, Machine
from tests.support.model_files import require_llama
from tests.support.pinned import pin

NOT_A_MODEL = b"GGUF but not really"
OWN = """
models:
  - {id: fake, name: Fake, licence: MIT, style: qwen2.5, billions: 1, active: 1, context: 4096,
     window: 4096, kv_bytes: 1, memory_gb: 1, file: fake.gguf, bytes: SIZE, sha256: SHA}
"""


def test_no_key_reaches_the_worker() -> None:
    """Only named variables are handed on: no key, token, proxy or Python option."""
    names = ("OPENAI_API_KEY", "HF_TOKEN", "HTTPS_PROXY", "PYTHONSTARTUP", "LD_PRELOAD")
    secret = dict.fromkeys(names, "secret")
    kept = scrubbed({"PATH": "/bin", "HOME": "/home/me", **secret})
    assert "secret" not in kept.values()
    assert kept["PATH"] == "/bin"


@pytest.fixture
async def worker(tmp_path: Path, folder: Path) -> AsyncIterator[WorkerProcess]:
    """A worker of its own, ended afterwards."""
    own = tmp_path / "own"
    own.mkdir()
    found = pin(NOT_A_MODEL)
    text = OWN.replace("SIZE", str(found.bytes)).replace("SHA", found.sha256)
    (own / "local.yaml").write_text(text)
    process = WorkerProcess(tmp_path / "run", tmp_path / "state", folder, own)
    yield process
    await process.stop()


async def failure(worker: WorkerProcess) -> LocalModelError:
    """How an answer fails."""
    models = LocalModels(worker.models, worker.own, machine=Machine(8 * GIB, 2))
    with pytest.raises(LocalModelError) as caught:
        async for _ in LlamaCpp(models, worker, "fake").answer(ChatRequest((user("Hi"),))):
            pass
    return caught.value


@pytest.mark.slow
async def test_a_changed_file_is_never_loaded(
    worker: WorkerProcess, place: Callable[..., Path]
) -> None:
    """A file with another content is refused before llama.cpp sees it; a right one is loaded."""
    require_llama()
    place(NOT_A_MODEL[::-1], "fake.gguf")
    assert "damaged or changed" in (await failure(worker)).message
    place(NOT_A_MODEL, "fake.gguf")
    assert "could not load" in (await failure(worker)).message
    assert "failed to load" in (worker.state / "llama.log").read_text()


@pytest.mark.slow
async def test_ends_by_itself_when_nobody_asks(tmp_path: Path, folder: Path) -> None:
    """An idle worker gives everything back, its socket included."""
    process = WorkerProcess(tmp_path / "run", tmp_path / "state", folder, idle_seconds=0.2)
    await process.ensure()
    await _until_gone(process)
    assert await process.health() is None
    assert not (tmp_path / "run" / "llama.sock").exists()


@pytest.mark.slow
async def test_stays_where_its_user_wants_that(tmp_path: Path) -> None:
    """With an idle time of 0 the worker gives nothing back and does not end."""
    require_llama()
    worker = WorkerProcess(tmp_path / "run", tmp_path / "state", tmp_path, idle_seconds=0)
    await worker.ensure()
    before = worker.pid()
    await asyncio.sleep(1.5)
    assert worker.pid() == before != 0
    await worker.stop()


async def test_ends_when_it_is_cut_off(tmp_path: Path, folder: Path) -> None:
    """A worker whose socket is gone can be reached by nobody, and does not stay for ever."""
    process = WorkerProcess(tmp_path / "run", tmp_path / "state", folder, idle_seconds=30)
    await process.ensure()
    (tmp_path / "run" / "llama.sock").unlink()
    await _until_gone(process)


async def _until_gone(process: WorkerProcess) -> None:
    for _ in range(400):
        if not process.pid():
            return
        await asyncio.sleep(0.1)
    os.kill(process.pid(), signal.SIGKILL)
    pytest.fail("the worker did not end")


async def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    """The limit of the system is a sentence, not a strange error."""
    runtime = tmp_path / ("x" * 90)
    process = WorkerProcess(runtime, tmp_path / "state", tmp_path)
    with pytest.raises(LocalModelError, match="too long"):
        await process.ensure()


@pytest.mark.parametrize("blocked", ["run", "state"])
async def test_a_place_that_cannot_be_made_is_named(tmp_path: Path, blocked: str) -> None:
    """A folder that cannot be written ends in a sentence about it, like every missing model."""
    (tmp_path / blocked).write_text("a file")
    inside = {"run": tmp_path / "run", "state": tmp_path / "state"}
    inside[blocked] /= "deeper"
    worker = WorkerProcess(inside["run"], inside["state"], tmp_path)
    with pytest.raises(LocalModelError):
        await worker.ensure()


async def test_a_place_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """The socket's folder is the user's own, not what somebody linked there."""
    (tmp_path / "real").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "real")
    process = WorkerProcess(tmp_path / "run", tmp_path / "state", tmp_path)
    with pytest.raises(LocalModelError, match="somebody else"):
        await process.ensure()


async def test_a_place_below_an_open_folder_is_refused(tmp_path: Path) -> None:
    """Where everybody can rename folders, the socket could be somebody else's tomorrow."""
    above = tmp_path / "open"
    above.mkdir()
    above.chmod(0o777)
    process = WorkerProcess(above / "run", tmp_path / "state", tmp_path)
    with pytest.raises(LocalModelError, match="somebody else"):
        await process.ensure()


async def test_a_place_that_is_open_is_closed(tmp_path: Path) -> None:
    """A folder that others could enter is closed before anything is put there."""
    runtime = tmp_path / "run"
    runtime.mkdir()
    runtime.chmod(0o755)
    WorkerProcess(runtime, tmp_path / "state", tmp_path)._require_safe_place()
    assert runtime.stat().st_mode & 0o777 == 0o700
