"""Fixtures of the local room's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty models folder that only its owner can write."""
    path = tmp_path / "models"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def place(folder: Path) -> Callable[..., Path]:
    """Puts a file into the models folder."""

    def put(content: bytes, name: str = "model.gguf", mode: int = 0o600) -> Path:
        path = folder / name
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return put
