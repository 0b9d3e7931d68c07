"""An installation for the proofs that start the real program."""

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
