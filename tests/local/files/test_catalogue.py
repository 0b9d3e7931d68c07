"""The catalogue: pinned, sourced, and closed against anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.core.model_card import Place
from edgeroute.local.files import catalogue
from edgeroute.local.files.catalogue import HuggingFace, PyPI

OWN = """
models:
  - {id: mine, name: Mine, licence: MIT, style: qwen3, billions: 1, active: 1, context: 100,
     window: 100, kv_bytes: 1, memory_gb: 1, file: FILE, bytes: 3,
     sha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad}
"""


def test_every_build_can_be_fetched() -> None:
    """Each packaged file has a source, and the pieces of one in a package index add up to it."""
    known = catalogue.load()
    pinned = [file for id_ in (*known.builds, *known.support) for file in known.files(id_)]
    assert len(pinned) > 20
    for file in pinned:
        assert file.sources
        for source in file.sources:
            if isinstance(source, PyPI):
                assert sum(part.size for part in source.parts) == file.bytes
            else:
                assert isinstance(source, HuggingFace)
                assert source.url.endswith(f"/resolve/{source.revision}/{source.file}")


def test_no_two_files_share_a_place() -> None:
    """Two entries of the catalogue never write the same file."""
    known = catalogue.load()
    places = [file.file for id_ in (*known.builds, *known.support) for file in known.files(id_)]
    assert len(places) == len(set(places))


def test_cards_are_local() -> None:
    """A build's card counts as local and carries its id, window and abilities."""
    card = catalogue.load().builds["qwen3.5-4b"].card(8_192)
    assert (card.id, card.provider, card.place) == ("local/qwen3.5-4b", "local", Place.LOCAL)
    assert card.context_tokens == 8_192
    assert "reasoning" in card.abilities


def test_a_user_adds_builds(tmp_path: Path) -> None:
    """A local.yaml of one's own adds models by id and keeps the packaged ones."""
    (tmp_path / "local.yaml").write_text(OWN.replace("FILE", "mine.gguf"))
    known = catalogue.load(tmp_path)
    assert known.builds["mine"].sha256.startswith("ba78")
    assert "qwen2.5-coder-0.5b" in known.builds


@pytest.mark.parametrize("name", ["../x.gguf", "/etc/passwd", "a/b/c", ".hidden", "a/../b", "a b"])
def test_files_stay_inside_the_folder(tmp_path: Path, name: str) -> None:
    """No entry can name a file outside the models folder."""
    (tmp_path / "local.yaml").write_text(OWN.replace("FILE", f"'{name}'"))
    with pytest.raises(SettingsError, match=r"local\.yaml:4"):
        catalogue.load(tmp_path)


def test_a_ladder_names_known_models(tmp_path: Path) -> None:
    """A ladder that names an unknown model is an error of the file."""
    (tmp_path / "local.yaml").write_text(
        "ladder: {gpu: [{memory_gb: 1, model: never}], cpu: [{memory_gb: 1, model: nope}]}"
    )
    with pytest.raises(SettingsError, match="nope"):
        catalogue.load(tmp_path)
