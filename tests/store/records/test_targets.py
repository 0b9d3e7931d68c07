"""Rows of targets: nobody writes over what he has not read."""

from __future__ import annotations

from pathlib import Path

from edgeroute.store.database.database import Database
from edgeroute.store.records.targets import Targets


def test_a_row_is_changed_only_by_who_has_read_it(tmp_path: Path) -> None:
    """A second writer with an old version is refused, reads, and may then write."""
    path = tmp_path / "x.db"
    one, other = Targets(Database.open(path)), Targets(Database.open(path))
    assert one.swap("a/m", 0, {"n": 1})
    assert not other.swap("a/m", 0, {"n": 2})
    assert other.since({}) == {"a/m": (1, {"n": 1})}
    assert other.swap("a/m", 1, {"n": 2})
    assert not one.swap("a/m", 1, {"n": 3})
    assert one.since({"a/m": 1}) == {"a/m": (2, {"n": 2})}
    assert one.since({"a/m": 2}) == {}
