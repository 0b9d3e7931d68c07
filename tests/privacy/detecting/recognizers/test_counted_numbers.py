"""Numbers that nobody types."""

from __future__ import annotations

import pytest

from edgeroute.privacy.detecting.recognizers.counted_numbers import is_counted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a gate of ", " by 900 mm"),
        ("ein tor von ", " mal 900"),
        ("the board is ", " x 240"),
        ("remove a lock :pr:`", "`"),
        ("the lock takes ", " mm"),
    ],
)
def test_sides_units_and_references_count(before: str, after: str) -> None:
    """The words on either side say so."""
    assert is_counted(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [("the gate opens with ", " by the way"), ("type ", ""), ("the code is ", "")],
)
def test_what_is_typed_does_not(before: str, after: str) -> None:
    """A code stands behind such words, too, and "by" needs another number."""
    assert not is_counted(before, after)
