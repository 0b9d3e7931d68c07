"""What a coding agent reads: its form and its makers leave, customers and keys in it stay."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.policy import InternalCode, Level, PrivacyPolicy, ScanBudget
from tests.bench.planted_data import planted, shown
from tests.bench.repositories import Repository

FILES = {
    "shelf/core.py": '"""Shelves.\n\n:author: Orla Finn <orla.finn@posteo.net>\n"""\n\n'
    "import os\n\n\ndef shelf(path: str, *, multi=True, limit: int = 20) -> list[str]:\n"
    "    # see https://shelf.org/edit?_method=PUT&key=1\n    return os.listdir(path)[:limit]\n",
    "tests/test_core.py": "from shelf import core\n\n\ndef test_mail():\n"
    "    assert core.owner('foo@bar.io') == {'id': '11.22.33.44', 'mail': 'john.doe@gmail.com'}\n",
    "LICENSE": "The MIT License\n\nCopyright (c) 2013 Orla Finn <orla.finn@posteo.net>\n"
    "Copyright 2013 Orla Way Ltd\n\nPermission is hereby granted, free of charge, to any person\n",
    "pyproject.toml": '[project]\nname = "shelf"\nauthors = [{name = "Orla Finn", '
    'email = "orla.finn@posteo.net"}]\ndependencies = ["click<2.28", "plug>=1.21.1.2"]\n',
    "README.md": "# Shelf\n\n`pip install shelf`, or git clone git@github.com:orla/shelf.git\n\n"
    "## Maintainers\n\n- Orla Finn <orla.finn@posteo.net>\n",
    "CHANGELOG.md": "# 1.2.0\n\n- Deprecate `old` (thanks to Bo Ek <bo.ek@gmx.se>)\n- Bug fixes\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """Hard facts alone, at the level balanced."""
    return _detector(tmp_path_factory.mktemp("models"), Level.BALANCED)


def _detector(folder: Path, level: Level) -> Detector:
    policy = msgspec.structs.replace(
        PrivacyPolicy.load(), names="off", level=level, budget=ScanBudget(seconds=30.0)
    )
    return Detector(policy, folder)


@pytest.mark.parametrize("path", FILES)
def test_a_file_of_a_repository_may_go(detector: Detector, path: str) -> None:
    """Source, tests, licence, manifest, read me and changes hold nobody's data."""
    assert detector.scan(FILES[path], full=True, origin="tool:read_file").findings == ()


def test_what_git_and_views_show_may_go(detector: Detector, tmp_path: Path) -> None:
    """Logs, shows, blames, searches with colours and numbered files hold nobody's data."""
    chance = random.Random(3)
    repository = Repository(tmp_path, FILES, chance)
    paths = list(FILES)
    outputs = [*repository.logs(), *repository.blames(paths), *repository.greps(paths)]
    outputs += [*repository.views(paths), ("test run", repository.test_run())]
    found = {kind: detector.scan(text, full=True).findings for kind, text in outputs}
    assert {kind: one for kind, one in found.items() if one} == {}


@pytest.mark.parametrize("seed", range(6))
def test_what_is_planted_stays(detector: Detector, seed: int) -> None:
    """Customers, keys, tickets, dumps and mails stay, whole, numbered, searched or in a diff."""
    chance = random.Random(seed)
    for kind, plant in planted(chance):
        how, text = shown(f"{FILES['shelf/core.py']}\n{plant}", "data/x.txt", chance)
        assert detector.scan(text, origin="tool:read_file").private, (kind, how)


@pytest.mark.parametrize("path", ["LICENSE", "pyproject.toml", "README.md", "shelf/core.py"])
def test_makers_count_at_strict(path: str, tmp_path: Path) -> None:
    """At the level strict public attribution is kept here too."""
    assert _detector(tmp_path, Level.STRICT).scan(FILES[path]).private


MARKS = InternalCode(
    hosts=("*.corp",), headers=("internal use only",), paths=("*/git/acme/*",),
    except_=("docs.corp", "*/git/acme/public/*"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("// ACME, internal use only\nint x;", True),
        ("/*\n ACME\n internal use only\n*/", True),
        ("    12\t# internal use only", True),
        ("Copyright 2026 ACME. Internal use only.", True),
        ("You are an assistant. These tools are for internal use only.", False),
        ("curl http://build.corp/status", True),
        ("DB_HOST=db.corp", True),
        ("mail ops@mail.corp", True),
        ("x = config.corp", False),
        ("import com.sun.corp", False),
        ("see https://docs.corp/start", False),
        ("/home/x/git/acme/core/a.c", True),
        ("/home/x/git/acme/public/a.c", False),
    ],
)
def test_internal_code_needs_a_place_where_it_means_something(
    text: str, tmp_path: Path, *, marked: bool
) -> None:
    """Hosts count in addresses and settings, phrases in comments and heads; some are taken off."""
    policy = msgspec.structs.replace(PrivacyPolicy.load(), names="off", internal_code=MARKS)
    assert Detector(policy, tmp_path).scan(text).internal_code is marked
