"""The pages that are taken from the code say what the code says."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from docs import generate
from edgeroute import config
from edgeroute.core.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]
PAGES = generate.pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_it_is_current(page: Path) -> None:
    """A changed docstring, setting, condition, entity or command is in the page."""
    assert page.read_text("utf-8") == PAGES[page], "run `python -m docs.generate`"


def test_every_folder_of_the_package_is_on_the_map() -> None:
    """A room or group that is new has a line, with what it says of itself."""
    folders = [
        init.parent
        for init in (ROOT / "edgeroute").rglob("__init__.py")
        if init.parent != ROOT / "edgeroute"
    ]
    lines = [line.split(maxsplit=1) for line in generate.rooms().splitlines()]
    named = [line[0] for line in lines if line[0].endswith("/")]
    assert sorted(named) == sorted(f"{folder.name}/" for folder in folders)
    assert all(len(line) == 2 for line in lines if line[0].endswith("/"))


SOUND = """
[router]
tier = "premium"
[local.endpoints.studio]
base_url = "http://127.0.0.1:1234/v1"
[providers.corp]
models = ["gpt-5.5"]
[budget]
daily_usd = 5.0
"""


@pytest.mark.parametrize(
    ("settings", "fits"),
    [
        (SOUND, True),
        ('[router]\ntier = "gold"', False),
        ("[router]\nteir = 1", False),
        ("[local.endpoints.studio]\ntrusted = true", False),
        ("[server]\nport = '8377'", False),
    ],
)
def test_editors_see_the_same_mistakes(settings: str, *, fits: bool) -> None:
    """What the schema of config.toml refuses is what EdgeRoute refuses."""
    checker = pytest.importorskip("fastjsonschema", reason="fastjsonschema is not installed")
    schema = json.loads((ROOT / "docs/reference/config.schema.json").read_text("utf-8"))
    check = checker.compile(schema)
    if fits:
        config.parse(settings)
        check(tomllib.loads(settings))
    else:
        with pytest.raises(SettingsError):
            config.parse(settings)
        with pytest.raises(checker.JsonSchemaException):
            check(tomllib.loads(settings))
