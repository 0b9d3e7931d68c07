"""All small faults that can be put into a file, and one of them put in.

The faults are mutmut's (operators, constants, arguments, assignments, keywords, cases of a match)
and four of our own: a condition negated, a result withheld, a call or a raise left out. Left alone
is what no test could or should notice: types, imports, decorators, asserts that only narrow a type,
and the wording of sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any, Final, cast

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

_WORDING: Final = re.compile(r"[A-Za-z]\S* | [a-z]")
_TYPES: Final = m.Subscript() | m.BinaryOperation(operator=m.BitOr())
_ALONE: Final = (
    m.Annotation()
    | m.Decorator()
    | m.Import()
    | m.ImportFrom()
    | m.Assert()
    | m.If(test=m.Name("TYPE_CHECKING"))
    | m.Subscript(value=m.Name("Literal"))
    | m.Call(func=m.Name("isinstance") | m.Name("len") | m.Name("cast"))
    | m.Expr(value=m.SimpleString())
)


@dataclass(frozen=True)
class Mutation:
    """One fault: ``original`` gives way to ``mutated``. ``lines`` are those that must run."""

    file: Path
    kind: str
    lines: range
    module: cst.Module
    original: cst.CSTNode
    mutated: cst.CSTNode

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.lines.start}"

    @property
    def code(self) -> str:
        """The whole file with the fault in it."""
        changed = self.module.deep_replace(self.original, self.mutated)
        return cast("cst.Module", changed).code

    @property
    def diff(self) -> str:
        """What the fault changes, without context."""
        lines = unified_diff(self.module.code.splitlines(), self.code.splitlines(), n=0)
        return "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))


def mutations(file: Path, text: str) -> list[Mutation]:
    """Every fault that can be put into ``file``, which holds ``text``."""
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    visitor = _Visitor(file, wrapper.module)
    wrapper.visit(visitor)
    return visitor.found


class _Visitor(cst.CSTVisitor):
    """Collects the faults of one file."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, file: Path, module: cst.Module) -> None:
        super().__init__()
        self.found: list[Mutation] = []
        self._file = file
        self._module = module
        self._depth = 0
        self._statement = range(1, 2)

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Look at one node; whether to look at what is in it."""
        if m.matches(node, _ALONE) or (not self._depth and _is_alias(node)):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._depth += 1
        if isinstance(node, cst.BaseSmallStatement):
            self._statement = self._lines(node)
        if not _is_wording(node):
            for kind, mutated in _faults(node):
                lines = self._run_with(node)
                found = Mutation(self._file, kind, lines, self._module, node, mutated)
                self.found.append(found)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Leave one node."""
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._depth -= 1
        if isinstance(original_node, cst.BaseSmallStatement):
            self._statement = range(0)

    def _run_with(self, node: cst.CSTNode) -> range:
        """The lines of which one must run for a fault in ``node`` to count."""
        if self._statement:
            return self._statement
        return self._lines(node.test if isinstance(node, cst.If | cst.While) else node)

    def _lines(self, node: cst.CSTNode) -> range:
        place = self.get_metadata(PositionProvider, node)
        return range(place.start.line, place.end.line + 1)


def _is_alias(node: cst.CSTNode) -> bool:
    """Whether it gives a type a name."""
    return m.matches(node, m.Assign(value=_TYPES, targets=[m.AssignTarget(target=m.Name())]))


def _is_wording(node: cst.CSTNode) -> bool:
    """Whether it is a text of several words."""
    return isinstance(node, cst.SimpleString) and bool(_WORDING.search(node.raw_value))


def _faults(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    for kind, operator in (*mutation_operators, *_OWN):
        if isinstance(node, kind):
            for mutated in operator(node):
                yield operator.__name__.strip("_").removeprefix("operator_"), mutated


def _negation(node: cst.If | cst.While | cst.CompIf) -> Iterable[cst.CSTNode]:
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def _no_result(node: cst.Return) -> Iterable[cst.CSTNode]:
    if node.value is not None and not m.matches(node.value, m.Name("None")):
        yield node.with_changes(value=cst.Name("None"))


def _no_call(node: cst.Expr) -> Iterable[cst.CSTNode]:
    if m.matches(node.value, m.Call() | m.Await(m.Call())):
        yield cst.Pass()


def _no_raise(_: cst.Raise) -> Iterable[cst.CSTNode]:
    yield cst.Pass()


_OWN: Final[tuple[tuple[type, Callable[[Any], Iterable[cst.CSTNode]]], ...]] = (
    (cst.If, _negation),
    (cst.While, _negation),
    (cst.CompIf, _negation),
    (cst.Return, _no_result),
    (cst.Expr, _no_call),
    (cst.Raise, _no_raise),
)
