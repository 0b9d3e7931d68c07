"""Who may import whom: checked statically, and that the check can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

BREACHES = [
    ("routing/signals/tokens.py", "import httpx"),
    ("boundary/clearance.py", "import edgeroute.providers.catalog.catalog"),
    ("core/messages.py", "import yaml"),
    ("boundary/clearance.py", "import msgspec"),
    ("wire/errors.py", "from edgeroute.wire.json_data import load"),
    ("engine/deciding/session.py", "import edgeroute.engine.recording.recorder"),
    ("cli/main.py", "import edgeroute.store.database.database"),
    ("engine/deciding/session.py", "import keyring"),
    ("tui/chat/state.py", "import edgeroute.server"),
    ("wire/sse.py", "import asyncio"),
    ("tui/words.py", "if TYPE_CHECKING:\n    import edgeroute.store.records.ledger"),
    ("engine/deciding/session.py", "import openai"),
    ("clients.py", "import edgeroute.settings"),
    ("settings.py", "import edgeroute.config"),
    ("server/probe.py", "import edgeroute.store.keys.keyring_door"),
]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copied_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and its contracts."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(
        ROOT / "edgeroute", folder / "edgeroute", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.timeout(120)
def test_the_contracts_are_kept() -> None:
    """The house as it stands breaks no import contract."""
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("file", "line"), BREACHES)
def test_a_breach_is_noticed(copied_house: Path, file: str, line: str) -> None:
    """A forbidden import, put in on purpose, breaks a contract."""
    path = copied_house / "edgeroute" / file
    original = path.read_text()
    path.write_text(original + f"\n{line}\n")
    try:
        result = _lint(copied_house)
    finally:
        path.write_text(original)
    assert result.returncode != 0, result.stdout
    assert "broken" in result.stdout
