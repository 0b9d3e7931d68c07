"""Shares of samples and their intervals."""

from __future__ import annotations

import pytest
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


@pytest.mark.parametrize(
    ("hits", "total", "interval"),
    [(8, 10, (0.4901625, 0.9433178)), (0, 10, (0.0, 0.2775328)), (10, 10, (0.7224672, 1.0)),
     (50, 100, (0.4038315, 0.5961685)), (0, 0, (0.0, 1.0))],
)  # fmt: skip
def test_the_interval_is_wilsons(hits: int, total: int, interval: tuple[float, float]) -> None:
    """To seven places; of nothing nothing is known."""
    share = Proportion(hits, total)
    assert share.interval == pytest.approx(interval, abs=5e-7)
    assert share.value == (hits / total if total else 0.0)


def test_a_share_is_told_with_its_interval() -> None:
    """In percent, with the size of the sample."""
    assert str(Proportion(8, 10)) == "80.0% (49.0% to 94.3%) of 10"
    assert str(Proportion(0, 0)) == "-"
