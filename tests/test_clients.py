"""Profiles of connected programs in the settings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edgeroute import config
from edgeroute.core.errors import SettingsError
from edgeroute.core.request import Client
from edgeroute.core.verdict import PrivacyMode


def test_a_profile_is_read_from_the_settings() -> None:
    """All of it is optional; what is left away is as for everybody."""
    clients = config.parse(
        '[clients.claude-code]\nprivacy = "mask"\ntier = "free"\npolicy = "coding-assistant"\n'
        'daily_usd = 2.5\nmodels = ["anthropic/*"]\n[clients.plain]\n'
    ).clients
    assert clients["claude-code"].profile("claude-code") == Client(
        "claude-code", PrivacyMode.MASK, "free", "coding-assistant", Decimal("2.5"),
        ("anthropic/*",),
    )  # fmt: skip
    assert clients["plain"].profile("plain") == Client("plain")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[clients.a]\nprivacy = "open"', "config.toml:2: Invalid enum value 'open'"),
        ("[clients.a]\nbudget = 1", "config.toml:2: Object contains unknown field `budget`"),
        ("[clients.a]\ndaily_usd = -1", "config.toml:2: Expected `float` >= 0"),
        ('[clients.a]\nmodels = [""]', "config.toml:2: Expected `str` of length >= 1"),
        ('[clients."../x"]', "config.toml:1: '../x' cannot name a client."),
    ],
)
def test_a_mistake_in_a_profile_is_named_with_its_line(text: str, said: str) -> None:
    """The name of a program is part of a file's name, so that it holds no path."""
    with pytest.raises(SettingsError) as error:
        config.parse(text)
    assert str(error.value).startswith(said)
