"""The import law where static analysis is blind, and what starting a front door loads."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "edgeroute"
FILES = sorted(SOURCE.rglob("*.py"))
HEAVY = {
    "spacy", "presidio_analyzer", "llama_cpp", "starlette", "uvicorn", "onnxruntime", "tokenizers",
    "openai", "anthropic", "huggingface_hub", "numpy", "pydantic", "requests",
}  # fmt: skip
SOCKETS_ALLOWED = {
    "core/peer.py", "boundary/clearance.py", "boundary/lockdown.py", "providers/egress.py",
    "providers/transport/network.py", "providers/transport/incoming.py", "server", "local",
    "cli/beside.py", "cli/answering.py",  # a Unix socket of the user's own
}  # fmt: skip
# Modules that import by names from a list in the file itself or in a data file of ours.
COMPUTED = {
    "cli/group.py",
    "privacy/detecting/own/databases.py",
    "privacy/detecting/recognizers/national_ids.py",
    "store/keys/keyring_door.py",
}


def _modules_after(statement: str) -> set[str]:
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SOURCE.parent
    )
    return {name.partition(".")[0] for name in json.loads(result.stdout.splitlines()[-1])}


@pytest.mark.parametrize(
    ("statement", "also_forbidden"),
    [
        ("import edgeroute.cli.main", {"textual", "yaml", "msgspec", "httpx", "keyring"}),
        ("import edgeroute.core.events", {"yaml", "msgspec", "httpx", "asyncio"}),
        ("import edgeroute.tui.app", {"httpx"}),
        ("import edgeroute.wiring", {"textual", "httpx", "keyring"}),
        ("import edgeroute.engine.engine", {"textual", "httpx", "keyring"}),
    ],
)
def test_starting_loads_nothing_heavy(statement: str, also_forbidden: set[str]) -> None:
    """What a front door imports before its first paint holds no heavy library."""
    assert not _modules_after(statement) & (HEAVY | also_forbidden)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_import_by_computed_name(path: Path) -> None:
    """No module imports another by a name that the import contracts cannot see."""
    computed = path.relative_to(SOURCE).as_posix() in COMPUTED
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name not in {"eval", "exec", "__import__", "runpy.run_path"}, name
            assert computed or not name.endswith("import_module"), ast.unparse(node)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_sockets_are_opened_in_few_places(path: Path) -> None:
    """Only the door, the lockdown, the endpoint and the loopback room touch sockets."""
    place = path.relative_to(SOURCE).as_posix()
    if any(place == allowed or place.startswith(f"{allowed}/") for allowed in SOCKETS_ALLOWED):
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.partition(".")[0] not in {"socket", "ssl", "urllib3", "aiohttp", "http"}
            assert name != "urllib.request"


def test_one_function_makes_folders() -> None:
    """A folder is made private in one place; the login service's belongs to the system."""
    makers = {
        path.relative_to(SOURCE).as_posix()
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"mkdir", "makedirs"}
    }
    assert makers == {"core/private_file.py", "cli/commands/service.py"}


def test_only_the_gate_mints() -> None:
    """No module but the gate and the clearance itself names the mint."""
    naming = [
        path.relative_to(SOURCE).as_posix()
        for path in FILES
        if any(
            isinstance(node, ast.Name | ast.Attribute | ast.alias)
            and "Mint"
            in {getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "name", "")}
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    ]
    assert set(naming) <= {"boundary/clearance.py", "privacy/gate.py"}


def test_every_file_is_one_noun() -> None:
    """No module has grown past 400 lines."""
    long = {str(path): n for path in FILES if (n := len(path.read_text().splitlines())) > 400}
    assert not long


def test_no_unfinished_work() -> None:
    """Nothing in the package says that it is to be done later."""
    words = ("TODO", "FIXME", "XXX", "NotImplementedError")
    found = [
        f"{path}: {word}" for path in FILES for word in words if word in path.read_text("utf-8")
    ]
    assert not found
