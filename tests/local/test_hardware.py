"""What can be told of a machine."""

from __future__ import annotations

from edgeroute.local import hardware


def test_reads_this_machine() -> None:
    """The machine that runs the tests has memory, cores, and a sentence."""
    machine = hardware.read_machine()
    assert machine.memory > 0
    assert machine.cores >= 1
    assert "memory" in machine.sentence
