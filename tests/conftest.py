"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A loaded machine is slow, not wrong: no test asserts a time.
settings.register_profile("edgeroute", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("edgeroute")
