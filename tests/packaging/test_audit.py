"""What the audit notices without the network."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "packaging" / "audit.py"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("audit_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


def test_the_list_of_parts_names_every_locked_package(tmp_path: Path) -> None:
    """CycloneDX with hashes and licences; what is locked today passes."""
    target = tmp_path / "sbom.json"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(target)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    parts = json.loads(target.read_text())
    assert (parts["bomFormat"], parts["specVersion"]) == ("CycloneDX", "1.6")
    names = {part["name"]: part for part in parts["components"]}
    assert {"httpx", "textual", "llama-cpp-python"} <= set(names)
    assert all(part["hashes"] for part in names.values())
    assert names["httpx"]["licenses"][0]["license"]["name"].startswith("BSD")


def test_a_lock_without_a_hash_and_a_strict_licence_are_noticed(audit: ModuleType) -> None:
    """Both are what a person has to decide about."""
    (part,) = audit.locked("thing==1.0 ; python_version < '4'\n    # via x\n")
    assert (part.name, part.version, part.hashes) == ("thing", "1.0", ())
    assert not audit.allowed("GNU Affero General Public License v3")
    assert audit.allowed("Apache-2.0 OR BSD-2-Clause")


def test_a_changed_file_of_a_compiled_package_is_noticed(tmp_path: Path, audit: ModuleType) -> None:
    """Each file is compared with the hash that its installation wrote down."""
    about = distribution("msgspec")
    files = [file for file in about.files or [] if file.suffix != ".pyc" and ".." not in str(file)]
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(file.locate()), tmp_path / file)
    assert list(audit.check_installed(tmp_path)) == []
    module = tmp_path / "msgspec" / "__init__.py"
    module.write_text(module.read_text() + "import os\n")
    assert ["__init__.py was changed" in one for one in audit.check_installed(tmp_path)] == [True]
    assert list(audit.check_installed(tmp_path / "none"))
