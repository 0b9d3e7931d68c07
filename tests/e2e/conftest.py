"""Installations for end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation; its worker is ended afterwards."""
    fresh = Installation(tmp_path / "home")
    yield fresh
    fresh.stop_worker()


@pytest.fixture(scope="module")
def shared_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation for all tests of a module, so that the local model is loaded once."""
    fresh = Installation(tmp_path_factory.mktemp("installation") / "home")
    yield fresh
    fresh.stop_worker()
