"""Which backend answers as the local model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeroute.core.errors import LocalModelError, SettingsError
from edgeroute.local.backends.backend import LocalBackend
from edgeroute.local.backends.choose import Choices
from edgeroute.local.backends.endpoint import Endpoint
from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.omlx import OMLX
from edgeroute.local.backends.several import Several
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.models import LocalModels
from edgeroute.local.hardware import GIB, Machine
from tests.support.fake_omlx import FakeOMLX

PC = Machine(16 * GIB, 8)
MAC = Machine(16 * GIB, 8, apple_silicon=True)


@dataclass(frozen=True)
class Studio:
    """An endpoint of the settings."""

    base_url: str = "http://127.0.0.1:1234/v1"
    model: str = ""
    models: tuple[str, ...] = ()
    trusted: bool = False
    context_tokens: int = 8_192


async def pick(
    tmp_path: Path,
    backend: str,
    machine: Machine = PC,
    others: tuple[str, ...] = (),
    **more: Studio,
) -> LocalBackend:
    """The backend for these settings; of several that stand behind each other, all."""
    models = LocalModels(tmp_path, machine=machine)
    process = WorkerProcess(tmp_path / "run", tmp_path / "state", tmp_path)
    choices = Choices(models=models, process=process, endpoints=more, home=tmp_path)
    return await choices.backend(backend, "auto", others)


async def first(
    tmp_path: Path, backend: str, machine: Machine = PC, **more: Studio
) -> LocalBackend:
    """The one that is asked first."""
    found = await pick(tmp_path, backend, machine, (), **more)
    return found.members[0] if isinstance(found, Several) else found


async def test_a_pc_runs_llamacpp(tmp_path: Path) -> None:
    """Without Apple Silicon the choice is llama.cpp, and nothing is asked for."""
    assert isinstance(await first(tmp_path, "auto"), LlamaCpp)


async def test_a_mac_with_omlx_uses_it(tmp_path: Path) -> None:
    """On Apple Silicon a running oMLX answers; without one it is llama.cpp."""
    async with FakeOMLX().running() as url:
        assert isinstance(await first(tmp_path, "auto", MAC, omlx=Studio(url)), OMLX)
    assert isinstance(await first(tmp_path, "auto", MAC, omlx=Studio(url)), LlamaCpp)


async def test_names_are_taken_at_their_word(tmp_path: Path) -> None:
    """A backend that the settings name is used, whether or not it answers now."""
    assert isinstance(await first(tmp_path, "omlx"), OMLX)
    assert isinstance(await first(tmp_path, "llamacpp", MAC), LlamaCpp)
    studio = await first(tmp_path, "studio", studio=Studio(model="qwen"))
    assert isinstance(studio, Endpoint)
    assert studio.card.wire_id == "qwen"
    assert studio.card.context_tokens == 8_192


async def test_the_worker_stands_behind_every_other(tmp_path: Path) -> None:
    """Further backends keep their order, each once, and this machine's own worker comes last."""
    found = await pick(
        tmp_path, "studio", others=("box", "studio"), studio=Studio(), box=Studio(model="m")
    )
    assert isinstance(found, Several)
    assert [member.name for member in found.members] == ["studio", "box", "llamacpp"]
    sooner = await pick(tmp_path, "llamacpp", others=("studio",), studio=Studio())
    assert isinstance(sooner, Several)
    assert [member.name for member in sooner.members] == ["llamacpp", "studio"]


async def test_unknown_names_list_the_known(tmp_path: Path) -> None:
    """A misspelt backend is an error that names the right ones."""
    with pytest.raises(SettingsError, match="studio"):
        await pick(tmp_path, "stdio", studio=Studio())


async def test_another_machine_needs_trust(tmp_path: Path) -> None:
    """An endpoint elsewhere counts as local only with ``trusted = true``."""
    away = Studio("http://192.168.1.9:8000/v1")
    with pytest.raises(LocalModelError, match="trusted = true"):
        await pick(tmp_path, "away", away=away)
    trusted = Studio(away.base_url, trusted=True)
    assert isinstance(await first(tmp_path, "away", away=trusted), Endpoint)


async def test_llamacpp_card_before_any_model(tmp_path: Path) -> None:
    """Before a model is on disk the card is that of the one to fetch, and the state says so."""
    backend = await pick(tmp_path, "auto")
    assert backend.card.id.startswith("local/")
    status = await backend.status()
    assert (status.state, status.backend) == ("missing", "llamacpp")
    assert "models pull" in status.detail
