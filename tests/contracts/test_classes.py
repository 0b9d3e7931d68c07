"""Classes stay small, are composed, and have names of their own."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "edgeroute"
METHODS = 25
ANCESTORS = 2


class Found(NamedTuple):
    """One class of the package."""

    name: str
    place: str
    bases: tuple[str, ...]
    methods: int


def classes() -> list[Found]:
    """Every class that stands at the top of a module or in another class."""
    return [
        Found(
            node.name,
            path.relative_to(SOURCE).as_posix(),
            tuple(ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases),
            sum(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body),
        )
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]


CLASSES = classes()
OWN = {found.name: found for found in CLASSES}


def ancestors(found: Found) -> int:
    """How many classes of ours stand above one, in the longest line."""
    own = [OWN[base] for base in found.bases if base in OWN and base != found.name]
    return max((1 + ancestors(base) for base in own), default=0)


@pytest.mark.parametrize("found", CLASSES, ids=lambda found: f"{found.place}:{found.name}")
def test_a_class_has_one_purpose(found: Found) -> None:
    """No class has more methods than a reader can hold, and none inherits through many of ours."""
    assert found.methods <= METHODS
    assert ancestors(found) <= ANCESTORS


def test_a_class_name_means_one_thing() -> None:
    """No two classes share a name, wherever they are; private ones of a module are its own."""
    names = Counter(found.name for found in CLASSES if not found.name.startswith("_"))
    assert not {name for name, count in names.items() if count > 1}
