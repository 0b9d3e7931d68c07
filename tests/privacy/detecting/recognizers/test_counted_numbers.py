"""Numbers that nobody types."""

from __future__ import annotations

import pytest

from edgeroute.privacy.detecting.recognizers.counted_numbers import (
    is_counted,
    is_of_chip,
    is_time,
)
from edgeroute.privacy.detecting.text.page import Page


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


@pytest.mark.parametrize(
    ("value", "before", "after", "several"),
    [
        ("0530", "alarms at ", " 0545 and", True),
        ("0545", "0530, ", "", True),
        ("0530 0545", "", "", True),
        ("0530", "the alarm is ", "", False),
        ("4471", "0530 ", "", False),
        ("0538", "0530 ", "", False),
    ],
)
def test_several_times_of_day_are_no_codes(
    value: str, before: str, after: str, *, several: bool
) -> None:
    """One alone may be a code, as may what no clock is set to."""
    assert is_time(value, before, after) is several


def test_pins_of_a_chip_are_told_by_its_words() -> None:
    """A card has a PIN, a header has pins."""
    assert is_of_chip(Page("GPIO 4 is PIN 4471 of the sketch"))
    assert not is_of_chip(Page("the PIN of the card is 4471"))
