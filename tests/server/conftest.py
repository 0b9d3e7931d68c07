"""A running endpoint over doubles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.endpoint import Endpoint, running


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    """A real server on loopback, with a scripted engine behind it."""
    with running(tmp_path) as served:
        yield served
