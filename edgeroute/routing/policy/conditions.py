"""Conditions of routing rules: Python's expressions, narrowed to what rules need.

A condition compares names with constants: ``task == "refactor" and input_tokens < 8000``.
Allowed are ``and or not in``, ``== != < <= > >=``, ``+ -``, brackets, lists, strings, numbers,
``true`` and ``false``. Names have types; an unknown name, a wrong type or a mistake in the grammar
is refused when the policy is loaded. Python's own parser reads a condition and nothing of it is
ever run as Python: there are no calls, attributes, regular expressions or powers, so its cost is
bounded by its length.
"""

from __future__ import annotations

import ast
import difflib
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from edgeroute.agent_marks import agents
from edgeroute.core.errors import SettingsError
from edgeroute.core.request import TIERS
from edgeroute.core.signals import ROLES, TASKS
from edgeroute.routing.policy.aliases import Expansion, aliases

Fact = str | float | bool
Facts = Mapping[str, Fact]
Refuse = Callable[..., SettingsError]
Value = Callable[[Facts], Any]

# The names that conditions know, with a value of their type that says "nothing special".
NAMES: Final[Mapping[str, Fact]] = {
    "task": "",
    "complexity": "medium",
    "input_tokens": 0.0,
    "output_tokens": 0.0,
    "tier": "balanced",
    "domain": "",
    "language": "",
    "has_images": False,
    "has_tools": False,
    "has_code": False,
    "has_files": False,
    "internal_code": False,
    "agent": "",
    "role": "",
    "privacy": "auto",
    "user": "",
    "front_door": "",
    "hour": 0.0,
    "turns": 1.0,
    "steps": 0.0,
    "failures": 0.0,
    "spent_today": 0.0,
}
# Names whose values are known, and the agents too: comparing them with anything else is a mistake.
VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "task": (*TASKS, ""),
    "complexity": ("low", "medium", "high"),
    "tier": TIERS,
    "domain": ("medical", "legal", ""),
    "role": (*ROLES, ""),
    "privacy": ("auto", "mask", "private"),
    "front_door": ("chat", "cli", "http"),
}
MAX_LENGTH: Final = 500
_LITERALS: Final[Mapping[str, bool]] = {"true": True, "false": False}
_WORDS: Final = frozenset({"and", "or", "not", "in", *_LITERALS})
_ORDERS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SAME: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_AMONG: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
_SUMS: Final[Mapping[type[ast.operator], Callable[[Any, Any], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
}
_KIND_WORDS: Final[Mapping[type, str]] = {
    str: "text in quotes",
    float: "a number",
    bool: "true or false",
}

_GRAMMAR: Final = (
    "Conditions compare names with constants: and, or, not, in, ==, !=, <, <=, >, >=, +, -,"
    " brackets and lists."
)
_KINDS: Final = (
    'Compare each name with its own kind: `input_tokens < 1000`, `task == "chat"`, `has_code`.'
)
_TOKEN: Final = re.compile(
    r"""\s+ | "[^"\\]*" | '[^'\\]*' | \d+(?:\.\d+)?(?!\w) | [A-Za-z_]\w*
    | [=!<>]= | <(?!<) | >(?!>) | [()\[\],+-]""",
    re.VERBOSE,
)


def known_values(name: str) -> tuple[str, ...] | None:
    """The values that ``name`` may be compared with; None where there is no end of them."""
    return (*agents(), "") if name == "agent" else VALUES.get(name)


class Condition:
    """A checked condition. ``names`` are the documented names that it reads; ``comparisons`` are
    the pairs of a name and a constant that it compares; ``aliases`` say which other words it uses.
    """

    def __init__(self, text: str, *, file: str = "", line: int = 0) -> None:
        """Check ``text``.

        Raises:
            SettingsError: it is not a condition; with file, line and what is expected.
        """
        self.text = " ".join(text.split())

        def refuse(message: str, hint: str = "") -> SettingsError:
            shown = f"condition `{self.text[:80]}`: {message}"
            return SettingsError(shown, file=file, line=line, hint=hint)

        if len(self.text) > MAX_LENGTH:
            raise refuse(f"longer than {MAX_LENGTH} characters.", "Split it into several rules.")
        self._check_tokens(refuse)
        try:
            words = Expansion()
            tree = words.visit(ast.parse(self.text, mode="eval").body)
            self.aliases = tuple(words.said)
            self.comparisons = tuple(_comparisons(tree))
            self.names = frozenset(_names(tree))
            self._check_values(refuse)
            self._value, kind = _Builder(refuse).build(tree)
        except SyntaxError as error:
            raise refuse("syntax error.", _GRAMMAR) from error
        except OverflowError as error:
            raise refuse("a number is too large.") from error
        except (RecursionError, MemoryError) as error:
            raise refuse("nested too deeply.") from error
        if kind is not bool:
            raise refuse(
                "is not true or false.", "Compare the value, such as `input_tokens < 1000`."
            )

    def _check_tokens(self, refuse: Refuse) -> None:
        position, quoted = 0, False
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                raise refuse(
                    f"`{self.text[position]}` has no meaning here.",
                    "Did you mean `==`?" if self.text[position] == "=" else _GRAMMAR,
                )
            word = match.group()
            named = word in NAMES or word in aliases().names
            if word.isidentifier() and word not in _WORDS and not named:
                close = difflib.get_close_matches(word, NAMES, n=1)
                known = ", ".join(sorted(NAMES))
                hint = f"Did you mean `{close[0]}`?" if close else f"Known names: {known}."
                raise refuse(f"unknown name `{word}`.", hint)
            if named and self.text[match.end() :].lstrip().startswith(("(", "[")):
                raise refuse(f"`{word}` is a value: it cannot be called or indexed.")
            if word.strip():
                if quoted and word[0] in "\"'":  # Python would join the two
                    raise refuse("syntax error.", _GRAMMAR)
                quoted = word[0] in "\"'"
            position = match.end()

    def _check_values(self, refuse: Refuse) -> None:
        for name, value in self.comparisons:
            kind, known = type(NAMES[name]), known_values(name)
            if type(value) is not kind:
                raise refuse(f"`{name}` is {_KIND_WORDS[kind]}, not {value!r}.", _KINDS)
            if known is not None and value not in known:
                close = difflib.get_close_matches(str(value), known, n=1)
                hint = (
                    f"Did you mean `{close[0]}`?"
                    if close and close[0]
                    else (f"Known values: {', '.join(filter(None, known))}.")
                )
                raise refuse(f"`{name}` is never {value!r}.", hint)

    def holds(self, facts: Facts) -> bool:
        """Whether the condition is true of ``facts``; names left out have their neutral value."""
        return bool(self._value({**NAMES, **facts}))

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"


class _Builder:
    """Turns the tree of a condition into a function of the facts, and tells its kind."""

    def __init__(self, refuse: Refuse) -> None:
        self._refuse = refuse

    def build(self, node: ast.expr) -> tuple[Value, type]:
        """The function, and ``str``, ``float`` or ``bool`` for what it gives.

        Raises:
            SettingsError: kinds do not fit, or it is nothing that conditions know.
        """
        match node:
            case ast.Name(id=name) if name not in _LITERALS:
                return (lambda facts: facts[name]), type(NAMES[name])
            case ast.BoolOp(op=joined, values=parts):
                whole = all if isinstance(joined, ast.And) else any
                values = [self._of(part, bool) for part in parts]
                return (lambda facts: whole(value(facts) for value in values)), bool
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                inverse = self._of(inner, bool)
                return (lambda facts: not inverse(facts)), bool
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SUMS:
                add, one, other = _SUMS[type(op)], self._of(left, float), self._of(right, float)
                return (lambda facts: add(one(facts), other(facts))), float
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                pairs = [self._compared(*three) for three in zip(sides, ops, others, strict=False)]
                return (lambda facts: all(pair(facts) for pair in pairs)), bool
            case _:
                found = next(_constants(node), None)
                if found is None or isinstance(node, ast.List | ast.Tuple):
                    raise self._refuse("not a condition.", _GRAMMAR)
                return (lambda _: found), type(found)

    def _of(self, node: ast.expr, kind: type) -> Value:
        value, found = self.build(node)
        if found is not kind:
            said = f"`{ast.unparse(node)}` is {_KIND_WORDS[found]}, not {_KIND_WORDS[kind]}."
            raise self._refuse(said, _KINDS)
        return value

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Value:
        one, kind = self.build(left)
        if type(op) in _AMONG:
            among = _AMONG[type(op)]
            if not isinstance(right, ast.List | ast.Tuple):
                raise self._refuse(
                    "`in` needs a list.", 'Write `task in ["refactor", "implement"]`.'
                )
            many = [self._of(item, kind) for item in right.elts]
            return lambda facts: among(one(facts), [item(facts) for item in many])
        if type(op) in _ORDERS:
            kind = float
            one = self._of(left, float)
        same = _ORDERS.get(type(op)) or _SAME.get(type(op))
        if same is None:
            raise self._refuse("not a condition.", _GRAMMAR)
        other = self._of(right, kind)
        return lambda facts: same(one(facts), other(facts))


def _names(tree: ast.expr) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in _LITERALS:
            yield node.id


def _comparisons(tree: ast.expr) -> Iterator[tuple[str, Fact]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for pair in pairwise([node.left, *node.comparators]):
                for one, other in (pair, pair[::-1]):
                    if isinstance(one, ast.Name) and one.id not in _LITERALS:
                        yield from ((one.id, constant) for constant in _constants(other))


def _constants(node: ast.expr) -> Iterator[Fact]:
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            for item in items:
                yield from _constants(item)
        case ast.Name(id=name) if name in _LITERALS:
            yield _LITERALS[name]
        case ast.Constant(value=str(value)):
            yield value
        case ast.Constant(value=int(value) | float(value)):
            yield float(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value) | float(value))):
            yield -float(value)
        case _:
            pass
