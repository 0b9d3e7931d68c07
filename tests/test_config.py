"""Settings: unknown keys and wrong values are errors with file and line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from edgeroute import config
from edgeroute.core.errors import SettingsError
from edgeroute.settings import Settings

EXAMPLE = """\
[router]
policy  = "default"
tier    = "balanced"
[privacy]
mode    = "auto"
[local]
backend = "auto"
model   = "auto"
[local.endpoints.studio]
base_url = "http://127.0.0.1:1234/v1"
[providers.corp]
wire     = "openai-chat"
base_url = "https://llm.example.com/v1"
models   = ["gpt-5.5"]
[server]
port    = 8377
[budget]
daily_usd = 5.0
"""


def test_the_documented_example_loads() -> None:
    """The settings file of the documentation is valid as written."""
    settings = config.parse(EXAMPLE)
    assert settings.local.endpoints["studio"].base_url == "http://127.0.0.1:1234/v1"
    assert settings.providers["corp"].models == ["gpt-5.5"]
    assert settings.budget.daily_usd == 5.0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[router]\npolicy = "x"\n\n[local]\nbackendd = "auto"\n', 5),
        ("[nope]\na = 1\n", 1),
        ('[router]\ntier = "gold"\n', 2),
        ("[local.endpoints.studio]\n# note\nbase_url = 3\n", 3),
        ('[providers.a]\nmodels = ["x", 3]\n', 2),
        ("[server]\nport = 1\nport = 2\n", 3),
        ("[server\n", 1),
    ],
)
def test_a_mistake_names_its_line(text: str, line: int) -> None:
    """Every mistake is reported with the file and the line it stands on."""
    with pytest.raises(SettingsError) as caught:
        config.parse(text, "c.toml")
    assert (caught.value.file, caught.value.line) == ("c.toml", line)


def test_no_file_means_defaults(tmp_path: Path) -> None:
    """A fresh installation has settings without a file."""
    assert config.load(tmp_path / "config.toml") == Settings()


def test_show_is_toml_that_loads_to_the_same() -> None:
    """What `config show` prints is itself a valid settings file with the same meaning."""
    settings = config.parse(EXAMPLE)
    assert config.parse(config.show(settings)) == settings


def test_a_change_keeps_comments_and_other_settings(tmp_path: Path) -> None:
    """`config set` edits one value and nothing else."""
    path = tmp_path / "config.toml"
    path.write_text("# mine\n[server]\nport = 1000  # why\n")
    settings = config.change(path, "server.port", "2000")
    assert settings.server.port == 2000
    assert path.read_text() == "# mine\n[server]\nport = 2000  # why\n"
    config.change(path, "router.tier", "premium")
    assert tomllib.loads(path.read_text())["router"] == {"tier": "premium"}
    assert path.stat().st_mode & 0o077 == 0


def test_a_wrong_change_writes_nothing(tmp_path: Path) -> None:
    """A change that would make the file invalid is refused and the file stays as it was."""
    path = tmp_path / "config.toml"
    path.write_text("[server]\nport = 1000\n")
    for key, value in [("server.port", "many"), ("server.colour", "red"), ("server.port.x", "1")]:
        with pytest.raises(SettingsError):
            config.change(path, key, value)
    assert path.read_text() == "[server]\nport = 1000\n"


def test_home_holds_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """EDGEROUTE_HOME moves all folders; EDGEROUTE_MODELS moves the model files alone."""
    monkeypatch.setenv("EDGEROUTE_HOME", str(tmp_path / "h"))
    monkeypatch.delenv("EDGEROUTE_MODELS", raising=False)
    paths = config.Paths.find()
    for folder in (paths.config, paths.data, paths.models, paths.state):
        assert folder.is_relative_to(tmp_path / "h")
    monkeypatch.setenv("EDGEROUTE_MODELS", str(tmp_path / "m"))
    assert config.Paths.find().models == tmp_path / "m"


def test_sockets_fit_their_path_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A deep home moves the runtime folder to a short path that is the same every time."""
    monkeypatch.setenv("EDGEROUTE_HOME", str(tmp_path / ("deep" * 40)))
    runtime = config.Paths.find().runtime
    assert len(str(runtime)) <= 80
    assert runtime == config.Paths.find().runtime


PATHS = '[privacy.paths]\n"~/a.b/**" = "private"\n"/srv/code" = "code"\n'


def test_folders_are_labelled_by_pattern(tmp_path: Path) -> None:
    """A pattern is a key in quotes: shown, loaded and changed like any other."""
    settings = config.parse(PATHS)
    assert settings.privacy.paths == {"~/a.b/**": "private", "/srv/code": "code"}
    assert config.parse(config.show(settings)) == settings
    changed = config.change(tmp_path / "c.toml", 'privacy.paths."~/c.d/**"', "private")
    assert changed.privacy.paths == {"~/c.d/**": "private"}


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ('"clients/**" = "private"', 4),
        ('"" = "private"', 1),
        ('"~/a/../b" = "code"', 4),
        ('"~/x" = "secret"', 1),
    ],
)
def test_a_folder_that_is_none_is_refused(more: str, line: int) -> None:
    """Relative patterns, ways back and unknown labels are errors with their line."""
    with pytest.raises(SettingsError) as caught:
        config.parse(PATHS + more, "c.toml")
    assert caught.value.line >= line


def test_a_model_of_ones_own_is_a_table() -> None:
    """Its name keeps its full stops, shown and read again; an unknown ability is a mistake."""
    text = '[providers.corp]\nbase_url = "https://h/v1"\n[providers.corp.cards."gpt-5.5"]\n'
    settings = config.parse(text + 'abilities = ["vision"]\ninput_usd = 1\n')
    assert settings.providers["corp"].cards["gpt-5.5"].abilities == ["vision"]
    assert config.parse(config.show(settings)) == settings
    with pytest.raises(SettingsError, match=r"config\.toml:4"):
        config.parse(text + 'abilities = ["sight"]\n')


def test_what_is_forgotten_leaves_no_empty_table(tmp_path: Path) -> None:
    """Comments and neighbours stay; a key that is not there changes nothing."""
    path = tmp_path / "c.toml"
    config.change(path, "clients.one.privacy", "mask")
    assert config.forget(path, "clients.one").clients == {}
    assert path.read_text() == ""
    text = '# mine\n[clients.a]\ntier = "free"  # dear\n\n[clients.b]\ntier = "free"\n'
    path.write_text(text)
    for key in ("clients.c", "none.at.all"):
        config.forget(path, key)
        assert path.read_text() == text
    assert [*config.forget(path, "clients.b").clients] == ["a"]
    assert text.startswith(path.read_text().strip())
    path.write_text("[a")
    with pytest.raises(SettingsError, match="not valid TOML"):
        config.forget(path, "a")
