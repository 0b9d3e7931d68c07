"""Identifiers that sort by time and say nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from edgeroute.core.ids import new_id

NOW = datetime(2026, 11, 22, 12, 0, 0, 5_000, tzinfo=UTC)


def test_ids_sort_by_time_and_never_repeat() -> None:
    """Twenty-one hex digits, of which the first eleven are the milliseconds since 1970."""
    first, later = new_id(NOW), new_id(NOW + timedelta(milliseconds=1))
    assert first < later
    assert len(first) == 21
    assert int(first[:11], 16) == int(NOW.timestamp() * 1000)
    assert len({new_id(NOW) for _ in range(1000)}) == 1000
    assert new_id(datetime(1971, 1, 1, tzinfo=UTC)) < first
