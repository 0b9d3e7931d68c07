"""Time as the machine has it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from edgeroute.core.clock import SystemClock


def test_the_machines_clock_is_now_in_utc_and_only_grows() -> None:
    """The moment is this one, with its time zone; the counter never goes back."""
    clock = SystemClock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert clock.now().utcoffset() == timedelta(0)
    before = time.monotonic()
    assert before <= clock.monotonic() <= time.monotonic()
