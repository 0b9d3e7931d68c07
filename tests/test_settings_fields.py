"""The settings as a list: complete, with their own words, and where each value comes from."""

from __future__ import annotations

import tomllib

import msgspec

from edgeroute import config
from edgeroute.settings import Settings
from edgeroute.settings_fields import setting_fields

OWN = """
[router]
tier = "premium"
[providers."my.corp"]
base_url = "https://llm.example.com/v1"
[clients.codex]
privacy = "mask"
"""


def test_every_setting_is_listed_with_its_value() -> None:
    """And can be written back as it stands: the whole list is a file that says the same."""
    settings = config.parse(OWN)
    found = setting_fields(settings, OWN)
    assert len({one.key for one in found}) == len(found)
    again: dict[str, str] = {one.key: one.value for one in found}
    text = "\n".join(f"{key} = {value}" for key, value in again.items())
    assert msgspec.convert(tomllib.loads(text), Settings) == settings


def test_origin_default_and_help_are_told() -> None:
    """What the file says is the user's own; of the rest the default stands."""
    found = {one.key: one for one in setting_fields(config.parse(OWN), OWN)}
    own = [key for key, one in found.items() if one.own]
    assert own == ["router.tier", 'providers."my.corp".base_url', "clients.codex.privacy"]
    assert all(one.value == one.default for key, one in found.items() if key not in own)
    assert all(one.help for one in found.values())
    assert found["privacy.ocr"].help.startswith("With `ocr` a picture may leave")
    assert found["router.tier"].choices == ('"free"', '"balanced"', '"premium"')
    assert (found["router.tier"].origin, found["chat.mouse"].origin) == ("config.toml", "default")
    assert found["network.proxy"].text
    assert not found["server.port"].text
    assert found["privacy.ocr"].group == "privacy"


def test_a_file_that_is_no_toml_has_nothing_of_its_own() -> None:
    """The list is shown all the same, so that it can be mended."""
    assert not any(one.own for one in setting_fields(Settings(), "[router"))
