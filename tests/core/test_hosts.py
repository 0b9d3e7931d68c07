"""What counts as this machine."""

from __future__ import annotations

import pytest

from edgeroute.core.hosts import is_loopback, loopback_address


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost.", "LOCALHOST.", "127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"],
)
def test_this_machine(host: str) -> None:
    """Its own name and the addresses that never leave it."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "::ffff:8.8.8.8",
        "127.0.0.1.",
        "localhost.localdomain",
        "0.0.0.0",
        "::",
        "192.168.1.1",
        "localhost.evil.com",
        "127.0.0.1.nip.io",
    ],
)
def test_other_machines(host: str) -> None:
    """Everything else, however much it looks like it."""
    assert not is_loopback(host)


def test_the_name_of_this_machine_is_not_looked_up() -> None:
    """Its name stands for one address, and an address for itself."""
    assert loopback_address("localhost.") == "127.0.0.1"
    assert loopback_address("::ffff:127.0.0.1") == "::ffff:127.0.0.1"
    assert not loopback_address("example.com")
