"""What can be told of a machine."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.local import hardware


def test_reads_this_machine() -> None:
    """The machine that runs the tests has memory, cores, and a sentence."""
    machine = hardware.read_machine()
    assert machine.memory > 0
    assert machine.cores >= 1
    assert "memory" in machine.sentence


@given(st.integers(1, 64))
def test_threads_leave_half_at_most(cores: int) -> None:
    """However busy the machine is, between half of the cores and all of them compute."""
    assert max(1, cores // 2) <= hardware.threads_now(cores) <= cores
