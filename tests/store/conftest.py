"""A database for the store's tests, once plain and once encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeroute.core.secret import Secret
from edgeroute.store.database.database import Database

KEY = Secret("5e" * 32)


class Ticking:
    """A clock that is a second later at every look."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The next moment."""
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture
def now() -> Ticking:
    """A clock that goes on by itself."""
    return Ticking()


@pytest.fixture
def key() -> Secret:
    """A database key as the keyring would hold it."""
    return KEY


@pytest.fixture(params=["plain", "encrypted"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    opened = Database.open(
        tmp_path / "data" / "edgeroute.db", KEY if request.param == "encrypted" else None
    )
    yield opened
    opened.close()
