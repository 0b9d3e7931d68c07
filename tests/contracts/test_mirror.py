"""Every module of the rooms that decide and keep has a test file of its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "boundary", "engine")
FILES = [path for room in ROOMS for path in sorted((ROOT / "edgeroute" / room).rglob("*.py"))]


def _does_something(path: Path) -> bool:
    """Whether it holds more than names and nouns."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return any(isinstance(node, functions) for node in ast.walk(ast.parse(path.read_text("utf-8"))))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_a_test_file(path: Path) -> None:
    """It is found where the module is, under tests; modules without a function need none."""
    place = path.relative_to(ROOT / "edgeroute")
    mirrored = ROOT / "tests" / place.parent / f"test_{place.name}"
    assert mirrored.exists() or not _does_something(path)
