"""An unfinished download is a prefix of the file, whoever delivered it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.errors import LocalModelError
from edgeroute.local.files.partial_download import PartFile
from tests.support.pinned import pin


@given(st.lists(st.binary(max_size=20), max_size=8), st.integers(0, 200), st.booleans())
def test_any_way_of_writing_gives_the_file(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], cut: int, again: object
) -> None:
    """Pieces, cuts and interruptions in any order end in the same file, or in none."""
    folder = tmp_path_factory.mktemp("models")
    content = b"".join(pieces)
    part = PartFile(folder / "model.gguf")
    for piece in pieces:
        part.write(piece)
    part.cut(min(cut, len(content)))
    if again:
        part.close()
        part = PartFile(folder / "model.gguf")
    part.write(content[part.size :])
    assert part.finish(pin(content or b"x")) == bool(content)
    if content:
        assert (folder / "model.gguf").read_bytes() == content


def test_a_wrong_file_never_gets_its_place(folder: Path) -> None:
    """What is not the pinned file is deleted, not put in its place."""
    part = PartFile(folder / "model.gguf")
    part.write(b"wrong")
    assert not part.finish(pin(b"right"))
    assert list(folder.iterdir()) == []


def test_only_its_owner_can_read_it(folder: Path) -> None:
    """A finished file has mode 0600."""
    part = PartFile(folder / "sub" / "model.gguf")
    part.write(b"abc")
    assert part.finish(pin(b"abc"))
    assert stat.S_IMODE((folder / "sub" / "model.gguf").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "sub").stat().st_mode) == 0o700


def test_one_download_at_a_time(folder: Path) -> None:
    """A second download of the same file is refused while the first runs."""
    first = PartFile(folder / "model.gguf")
    with pytest.raises(LocalModelError, match="already"):
        PartFile(folder / "model.gguf")
    first.close()
    PartFile(folder / "model.gguf").close()


def test_links_are_refused(folder: Path, tmp_path: Path) -> None:
    """A link in the place of an unfinished download is not followed."""
    (folder / "model.gguf.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalModelError, match="cannot be written"):
        PartFile(folder / "model.gguf")
    assert not (tmp_path / "elsewhere").exists()
