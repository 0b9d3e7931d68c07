"""The site of the pages: built without a warning, and read without a network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs import site

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
LOADED = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=\"(?:https?:)?//[^\"]*"
)


def pages(entry: Any) -> list[str]:
    """The pages of an entry of the navigation."""
    if isinstance(entry, str):
        return [entry]
    inner = entry.values() if isinstance(entry, dict) else entry
    return [page for one in inner for page in pages(one)]


def test_the_navigation_names_every_page_once() -> None:
    """A new page has a place, and no place is empty."""
    named = pages(SETTINGS["nav"])
    there = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert sorted(named) == sorted(there)


def test_nothing_is_asked_of_another_host() -> None:
    """No font and no script of others is named; the theme's own font is off."""
    assert SETTINGS["theme"]["font"] is False
    assert not {"extra_javascript", "extra_css", "google_analytics"} & set(SETTINGS)


@pytest.mark.parametrize(
    ("page", "target", "path"),
    [
        ("guides/privacy.md", "../../SECURITY.md", "SECURITY.md"),
        ("clients.md", "../rules/privacy.yaml", "rules/privacy.yaml"),
        ("guides/privacy.md", "../data.md", ""),
        ("faq.md", "guides/agents.md", ""),
        ("faq.md", "../../elsewhere", ""),
    ],
)
def test_links_out_of_the_folder_are_told(page: str, target: str, path: str) -> None:
    """Only what lies in the checkout and outside of docs/ is copied."""
    assert site.outside(page, target) == path


def test_it_is_built_without_a_warning(tmp_path: Path) -> None:
    """Strictly, from these pages; what a browser loads comes from the site itself."""
    pytest.importorskip("material", reason="mkdocs-material is not installed (the extra docs)")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    built = [path.read_text("utf-8") for path in tmp_path.rglob("*.html")]
    assert len(built) > len(pages(SETTINGS["nav"]))
    assert [found for page in built for found in LOADED.findall(page)] == []


def test_every_line_of_doctor_is_explained() -> None:
    """Whoever reads a line of the report finds it on the page about trouble."""
    source = (ROOT / "edgeroute/cli/health.py").read_text("utf-8")
    lines = set(re.findall(r'HealthCheck\(\s*"([a-z -]+)"', source)) - {"providers"}
    table = (ROOT / "docs/troubleshooting.md").read_text("utf-8").partition("## Said")[0]
    assert len(lines) > 8
    assert [line for line in lines if line not in table] == []
