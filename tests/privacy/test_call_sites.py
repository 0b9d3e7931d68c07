"""Who may come near the door: a new name here is a decision, not an accident."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import edgeroute

PACKAGE = Path(edgeroute.__file__).parent


def names(path: Path) -> Iterator[str]:
    """Every name that a module uses: plain, dotted (``a.b``) and imported."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield f".{node.attr}"
            if isinstance(node.value, ast.Name):
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Import):
            yield from (f"import {alias.name.partition('.')[0]}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield f"import {node.module.partition('.')[0]}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


USED = {
    path.relative_to(PACKAGE).as_posix(): frozenset(names(path)) for path in PACKAGE.rglob("*.py")
}


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("Mint", {"boundary/clearance.py", "privacy/gate.py"}),
        ("lockdown.opening", {"providers/egress.py", "wiring/local.py"}),
        ("asyncio.open_connection", {"providers/transport/network.py"}),
        ("socket.create_connection", {"server/probe.py"}),
        ("import urllib3", set()),
        ("import requests", set()),
        ("import aiohttp", set()),
        ("import ftplib", set()),
        ("import smtplib", set()),
        ("urllib.request", set()),
        (
            "import ctypes",
            {
                "core/crash.py",
                "core/heap.py",
                "local/worker/context.py",
                "local/worker/landlock.py",
                "local/worker/sampler.py",
                "local/worker/seccomp.py",
            },
        ),
        ("__import__", set()),
        (
            "importlib.import_module",
            {
                "cli/group.py",
                "privacy/detecting/own/databases.py",
                "privacy/detecting/recognizers/national_ids.py",
                "store/keys/keyring_door.py",
            },
        ),
    ],
)
def test_only_these_modules_name_it(name: str, allowed: set[str]) -> None:
    """What opens, looks up or loads by name is used where it is meant to be and nowhere else."""
    assert {path for path, used in USED.items() if name in used} <= allowed


def test_every_clearance_is_asked_for_by_the_engine() -> None:
    """There is one caller of the gate, so titles, judges and ensembles go through it too."""
    gates = {path for path, used in USED.items() if "_gate.clear" in used or "gate.clear" in used}
    doors = {path for path, used in USED.items() if ".redeem" in used}
    assert {path.partition("/")[0] for path in gates} <= {"engine"}
    assert doors <= {"providers/egress.py", "boundary/clearance.py"}
