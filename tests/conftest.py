"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from edgeroute.wire import capsule
from tests.support.skipped_tests import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

# No test compiles llama.cpp or fetches a model because a front door was opened.
os.environ["EDGEROUTE_PREPARE"] = "never"

# A loaded machine is slow, not wrong: no test asserts a time.
settings.register_profile("edgeroute", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("edgeroute")


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The process umask set to something unhelpful."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture(autouse=True)
def capsules() -> Iterator[None]:
    """No test seals with the secret of another one's database, which may be gone."""
    before = capsule._SECRET.source
    yield
    capsule.use_secret(before)
