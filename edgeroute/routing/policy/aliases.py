"""Other words for names and tasks in conditions: rules/tables/aliases.yaml."""

from __future__ import annotations

import ast
from functools import cache
from typing import Final

import msgspec

from edgeroute.core.signals import Task
from edgeroute.datafile import table

_TASK: Final = "task"


class _Aliases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: dict[str, str]
    tasks: dict[str, tuple[Task, ...]]


@cache
def aliases() -> _Aliases:
    """All of them."""
    return table("aliases", _Aliases)


class Expansion(ast.NodeTransformer):
    """Puts the real names and tasks into a condition; ``said`` tells what became of each."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name by its real one."""
        real = aliases().names.get(node.id)
        if real is None:
            return node
        self._say(f"`{node.id}` is `{real}`")
        return ast.Name(real, node.ctx)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """``task == "code"`` as a list of tasks."""
        self.generic_visit(node)
        if not (isinstance(node.left, ast.Name) and node.left.id == _TASK and len(node.ops) == 1):
            return node
        (op,), (right,) = node.ops, node.comparators
        values = right.elts if isinstance(right, ast.List | ast.Tuple) else [right]
        tasks = [task for value in values for task in self._tasks(value)]
        if not self._any(values):
            return node
        among: ast.cmpop = ast.NotIn() if isinstance(op, ast.NotEq | ast.NotIn) else ast.In()
        return ast.Compare(node.left, [among], [ast.List(tasks, ast.Load())])

    def _any(self, values: list[ast.expr]) -> bool:
        return any(isinstance(v, ast.Constant) and v.value in aliases().tasks for v in values)

    def _tasks(self, value: ast.expr) -> list[ast.expr]:
        known = aliases().tasks
        if not isinstance(value, ast.Constant) or value.value not in known:
            return [value]
        name = str(value.value)
        self._say(f'task "{name}" is {", ".join(known[name])}')
        return [ast.Constant(task) for task in known[name]]

    def _say(self, text: str) -> None:
        if text not in self.said:
            self.said.append(text)
