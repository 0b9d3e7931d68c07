"""A setting that was typed wrong: the sentence names the setting and what it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute import config
from edgeroute.core.errors import SettingsError, UnknownName, WrongValue
from edgeroute.settings import Settings
from edgeroute.settings_fields import setting_fields

WRONG = [
    ("server.port", "99999", "`server.port` takes a whole number from 0 to 65535, not `99999`."),
    ("server.port", "abc", "`server.port` takes a whole number from 0 to 65535, not `abc`."),
    ("budget.daily_usd", "-4", "`budget.daily_usd` takes a number from 0, not `-4`."),
    ("budget.daily_usd", "nan", "`budget.daily_usd` takes a number from 0, not `nan`."),
    ("local.fallbacks", "x", "`local.fallbacks` takes a list of text, not `x`."),
    ("telemetry.headers", "{a = 3}", "`telemetry.headers` takes a table of text, not `{a = 3}`."),
    ("clients.x.privacy", "loud", '`clients.x.privacy` is one of "", auto, private, mask,'),
    ('privacy.paths."~/x"', "secret", "`privacy.paths.~/x` is one of private, code, not `secret`."),
    ("privacy.paths.x", "private", "privacy.paths: 'x' names no folder."),
    ("chat", "1", "`chat` is a table; a setting in it is `chat.theme`."),
    ("providers", "1", "`providers` is a table; a setting in it is `providers.NAME.wire`."),
    ("local.endpoints.x.model", "y", "needs `local.endpoints.x.base_url`"),
]


@pytest.mark.parametrize(("key", "value", "sentence"), WRONG)
def test_what_it_takes_is_said(tmp_path: Path, key: str, value: str, sentence: str) -> None:
    """A usage error without a line of the file, in which nothing was written."""
    with pytest.raises(WrongValue) as caught:
        config.change(tmp_path / "c.toml", key, value)
    assert sentence in caught.value.message
    assert "c.toml" not in str(caught.value)
    assert not (tmp_path / "c.toml").exists()


def test_every_setting_with_choices_names_them(tmp_path: Path) -> None:
    """Whatever table it stands in."""
    few = [one for one in setting_fields(Settings(), "") if one.choices]
    assert len(few) > 10
    for one in few:
        with pytest.raises(WrongValue) as caught:
            config.change(tmp_path / "c.toml", one.key, "loud")
        assert all(each.strip('"') in caught.value.message for each in one.choices)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("nope.x", "Known here: router, privacy"),
        ("chat.notfy", "Did you mean `chat.notify`?"),
        ("providers.corp.nope", "Known here: wire"),
        ("server.port.x", "There is no setting `server.port.x`."),
        ("", "There is no setting"),
    ],
)
def test_an_unknown_setting_is_told_with_its_neighbours(
    tmp_path: Path, key: str, said: str
) -> None:
    """Those of its table, or the one that was probably meant."""
    with pytest.raises(UnknownName) as caught:
        config.change(tmp_path / "c.toml", key, "1")
    assert said in str(caught.value)


def test_a_mistake_that_was_there_before_is_told_with_its_line(tmp_path: Path) -> None:
    """What was typed is not to blame then, and the exit code says so."""
    file = tmp_path / "c.toml"
    file.write_text("[router]\ntier = 'gold'\n")
    with pytest.raises(SettingsError, match=r"c\.toml:2") as caught:
        config.change(file, "chat.notify", "bell")
    assert caught.value.exit_code == 1


def test_digits_are_a_text_where_a_text_is_taken(tmp_path: Path) -> None:
    """A name that is a number needs no quotes."""
    assert config.change(tmp_path / "c.toml", "chat.prompts.x", "12").chat.prompts == {"x": "12"}
    assert config.change(tmp_path / "c.toml", "local.model", "'a'").local.model == "a"
