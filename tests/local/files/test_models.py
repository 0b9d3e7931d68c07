"""The models folder as the commands see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edgeroute.core.errors import ErrorKind, LocalModelError, ProviderError
from edgeroute.core.local_models import Progress
from edgeroute.local.files.models import LocalModels
from edgeroute.local.hardware import GIB, Machine
from tests.support.pinned import pin

CONTENT = b"tiny model"
OWN = """
ladder:
  gpu: [{memory_gb: 1, model: big}]
  cpu: [{memory_gb: 1, model: big}, {memory_gb: 1, model: tiny}]
hosts: [models.example.com]
models:
"""
BUILD = """
  - {id: ID, name: Test, licence: MIT, style: qwen2.5, billions: 1, active: 1, context: 4096,
     window: 4096, kv_bytes: 1, memory_gb: 1, file: ID.gguf, bytes: SIZE, sha256: SHA,
     sources: [{from: huggingface, repo: a/b, revision: "REVISION", file: ID.gguf}]}
"""


def build(id_: str, content: bytes) -> str:
    """One build of a user's own catalogue."""
    found = pin(content)
    words = {"ID": id_, "SIZE": str(found.bytes), "SHA": found.sha256, "REVISION": "0" * 40}
    text = BUILD
    for word, value in words.items():
        text = text.replace(word, value)
    return text


@pytest.fixture
def models(folder: Path, tmp_path: Path) -> LocalModels:
    """Two builds of one's own, the larger one first choice."""
    own = tmp_path / "own"
    own.mkdir()
    text = OWN + build("big", CONTENT * 9) + build("tiny", CONTENT)
    (own / "local.yaml").write_text(text)
    return LocalModels(folder, own, machine=Machine(8 * GIB, 4), now=lambda: 1_000.0)


@asynccontextmanager
async def only_tiny(
    url: str, offset: int
) -> AsyncIterator[tuple[int, int | None, AsyncIterator[bytes]]]:
    """A host that has the small file only."""
    if not url.endswith("tiny.gguf"):
        raise ProviderError(ErrorKind.OUTAGE, "hub", "this one is not there", status=404)

    async def chunks() -> AsyncIterator[bytes]:
        yield CONTENT[offset:]

    yield 200, len(CONTENT), chunks()


def test_lists_what_is_there_first(models: LocalModels, place: Callable[..., Path]) -> None:
    """The list tells presence, recommendation and kind."""
    place(CONTENT, "tiny.gguf")
    rows = models.list()
    assert (rows[0].id, rows[0].present) == ("tiny", True)
    assert [row.id for row in rows if row.recommended] == ["big"]
    assert {row.kind for row in rows} == {"model", "support"}


def test_auto_falls_back_to_what_is_on_disk(
    models: LocalModels, place: Callable[..., Path]
) -> None:
    """The recommendation counts only once its file is there."""
    with pytest.raises(LocalModelError, match="models pull"):
        models.choose("auto")
    place(CONTENT, "tiny.gguf")
    assert models.choose("auto").id == "tiny"
    place(CONTENT * 9, "big.gguf")
    assert models.choose("auto").id == "big"
    assert models.choose("local/tiny").id == "tiny"


@pytest.mark.parametrize("name", ["nope", "../tiny", "qwen3.6-27b"])
def test_a_named_model_must_be_known_and_there(models: LocalModels, name: str) -> None:
    """A name that cannot answer is an unknown model with a way out."""
    with pytest.raises(LocalModelError, match="edgeroute models") as caught:
        models.choose(name)
    assert caught.value.kind is ErrorKind.UNKNOWN_MODEL


async def test_auto_pulls_what_can_be_had(models: LocalModels) -> None:
    """Without the first choice anywhere, the next smaller model is fetched, and a line says so."""
    told: list[Progress] = []
    pulled = await models.pull("auto", only_tiny, told.append)
    assert pulled.id == "tiny"
    assert any("next smaller" in one.text for one in told)
    assert told[-1].step == "done"


async def test_pull_use_remove(models: LocalModels) -> None:
    """A model comes, can be used, and goes."""
    pulled = await models.pull("tiny", only_tiny)
    assert not pulled.already
    assert (await models.pull("tiny", only_tiny)).already
    assert models.use("tiny").id == "tiny"
    assert models.path(models.build("tiny")) == pulled.path
    assert models.remove("tiny") > 0
    with pytest.raises(LocalModelError, match="not there"):
        models.path(models.build("tiny"))


async def test_unknown_ids_are_refused(models: LocalModels) -> None:
    """Only what the catalogue knows can be fetched or removed."""
    with pytest.raises(LocalModelError, match="models list"):
        await models.pull("../../etc/passwd")
    with pytest.raises(LocalModelError, match="models list"):
        models.remove("../../etc/passwd")


def test_hosts_are_those_of_the_catalogue(models: LocalModels) -> None:
    """A download may touch the packaged hosts and the user's own, no others."""
    assert set(models.hosts) == {"huggingface.co", "hf.co", "models.example.com"}


def test_support_sets_must_be_whole(models: LocalModels, place: Callable[..., Path]) -> None:
    """A support set with a missing or changed file is not offered."""
    assert models.support_path("rampart") is None
    for file in models.catalogue.support["rampart"].files:
        place(b"x" * file.bytes, file.file)
    assert models.support_path("rampart") is None
