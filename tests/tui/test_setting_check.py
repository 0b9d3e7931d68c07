"""Settings of the app are checked before they are kept."""

from __future__ import annotations

import pytest

from edgeroute.core.errors import UnknownName, WrongValue
from edgeroute.tui.setting_check import check_setting


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("chat.theme", "'nord'"),
        ("chat.theme", ""),
        ("chat.keys", '{help = "f9"}'),
        ("chat.keys", "no table"),
        ("chat.keys.help", "none"),
        ("router.tier", "anything"),
    ],
)
def test_what_the_app_knows_passes(key: str, value: str) -> None:
    """And what others judge."""
    check_setting(key, value, {"spend": "f9"})


@pytest.mark.parametrize(
    ("key", "value"),
    [("chat.keys", '{hlep = "f9"}'), ("chat.keys.hlep", "f9"), ("chat.keys.help", "f9")],
)
def test_keys_with_which_the_app_would_not_start_are_refused(key: str, value: str) -> None:
    """An action that there is not, and a key that the user gave to another one."""
    with pytest.raises(WrongValue):
        check_setting(key, value, {"spend": "f9"})


def test_an_unknown_theme_is_refused() -> None:
    """With the one that was meant."""
    with pytest.raises(UnknownName, match="nord"):
        check_setting("chat.theme", "nrod", {})
