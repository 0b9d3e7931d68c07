"""Speed is that of the last seconds."""

from __future__ import annotations

from edgeroute.core.local_models import Progress
from edgeroute.local.files.meter import Meter


def test_speed_forgets_what_is_long_ago() -> None:
    """A download that slowed down shows its present speed, one that began again shows none."""
    times = iter([0.0, 1.0, 2.0, 10.0, 11.0, 12.0])
    seen: list[Progress] = []
    meter = Meter("download", "f", 1_000, seen.append, lambda: next(times))
    for done in (0, 100, 200, 208, 209, 50):
        meter.at(done)
    assert [round(one.speed, 2) for one in seen[:3]] == [0, 100, 100]
    assert seen[4].speed < 2
    assert seen[-1].speed == 0
    assert [one.done for one in seen] == [0, 100, 200, 208, 209, 50]
