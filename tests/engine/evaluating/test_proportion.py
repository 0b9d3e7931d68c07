"""Shares of samples and their intervals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.engine.evaluating.proportion import Proportion


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share(hits: int, more: int) -> None:
    """The interval is inside 0..1, holds the share, and narrows with more samples."""
    share = Proportion(hits, hits + more)
    low, high = share.interval
    assert 0 <= low <= high <= 1
    if share.total:
        assert low - 1e-9 <= hits / share.total <= high + 1e-9
        wide = Proportion(hits * 4, share.total * 4).interval
        assert wide[1] - wide[0] < high - low
