"""Patterns and word lists in code stay short enough to be read; the long ones are data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "edgeroute"
FILES = sorted(SOURCE.rglob("*.py"))
MOST = 200  # characters, of a pattern or a line
SIGNS = re.compile(r"\(\?|\\[bBdDsSwW]|\[\^|\w\|\w+\|\w")


def written(node: ast.AST) -> str:
    """What is written out in an expression of strings; names and calls in it count nothing."""
    return "".join(
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def long_patterns(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and start of each string expression that reads as a pattern and is too long."""
    for node in ast.iter_child_nodes(tree):
        joined = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)
        if joined or isinstance(node, ast.Constant | ast.JoinedStr):
            text = written(node)
            if len(text) > MOST and SIGNS.search(text):
                yield getattr(node, "lineno", 0), text[:60]
        if not isinstance(node, ast.Constant | ast.JoinedStr):
            yield from long_patterns(node)


def long_lists(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and start of each string that is split into words and is too long."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "split"
            and len(written(node.func.value)) > MOST
        ):
            yield node.lineno, written(node.func.value)[:60]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_pattern_and_no_list_of_words_is_long(path: Path) -> None:
    """No regular expression and no split list is longer than 200 characters, nor is any line."""
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert list(long_patterns(tree)) == []
    assert list(long_lists(tree)) == []
    assert [number for number, line in enumerate(text.splitlines(), 1) if len(line) > MOST] == []


@pytest.mark.parametrize(
    "code",
    [
        f"P = re.compile(r'{'word|' * 50}')",
        f"P = re.compile(r'{'word|' * 20}' + X + r'{'more|' * 30}')",
        f"P = re.compile(rf'{'word|' * 50}{{X}}')",
        f"P = frozenset('{'word ' * 50}'.split())",
    ],
)
def test_a_long_one_is_noticed(code: str) -> None:
    """A long pattern, however it is put together, and a long list are found."""
    tree = ast.parse(code)
    assert [*long_patterns(tree), *long_lists(tree)]
