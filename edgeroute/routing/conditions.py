"""Conditions of routing rules, in the rule-engine library's language, narrowed to what rules need.

A condition compares names with constants: ``task == "refactor" and input_tokens < 8000``.
Allowed are ``and or not in``, ``== != < <= > >=``, ``+ -``, brackets, lists, strings, numbers,
``true`` and ``false``. Names have types; an unknown name, a wrong type or a mistake in the grammar
is refused when the policy is loaded. There are no calls, attributes, regular expressions or
powers, so a condition's cost is bounded by its length.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from edgeroute.core.errors import SettingsError
from edgeroute.core.request import TIERS
from edgeroute.core.signals import TASKS

if TYPE_CHECKING:
    from rule_engine import Context, Rule

Fact = str | float | bool
Facts = Mapping[str, Fact]
Refuse = Callable[..., SettingsError]

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
    "privacy": "auto",
    "user": "",
    "front_door": "",
    "hour": 0.0,
    "turns": 1.0,
    "spent_today": 0.0,
}
# Names whose values are known: comparing them with anything else is a mistake.
VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "task": (*TASKS, ""),
    "complexity": ("low", "medium", "high"),
    "tier": TIERS,
    "domain": ("medical", "legal", ""),
    "privacy": ("auto", "mask", "private"),
    "front_door": ("chat", "cli", "http"),
}
MAX_LENGTH: Final = 500
_WORDS: Final = frozenset({"and", "or", "not", "in", "true", "false"})

_GRAMMAR: Final = (
    "Conditions compare names with constants: and, or, not, in, ==, !=, <, <=, >, >=, +, -,"
    " brackets and lists."
)
_KINDS: Final = (
    'Compare each name with its own kind: `input_tokens < 1000`, `task == "chat"`, `has_code`.'
)
_TOKEN: Final = re.compile(
    r"""\s+ | "[^"\\]*" | '[^'\\]*' | \d+(?:\.\d+)? | [A-Za-z_]\w*
    | [=!<>]= | <(?!<) | >(?!>) | [()\[\],+-]""",
    re.VERBOSE,
)


class Condition:
    """A checked condition. ``names`` are the documented names that it reads."""

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
        self._rule = self._compile(refuse)
        self.comparisons = tuple(_comparisons(self._rule.statement.expression))
        self.names = frozenset(_names(self._rule.statement.expression))
        self._check_types(refuse)

    def _check_tokens(self, refuse: Refuse) -> None:
        position = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                raise refuse(
                    f"`{self.text[position]}` has no meaning here.",
                    "Did you mean `==`?" if self.text[position] == "=" else _GRAMMAR,
                )
            word = match.group()
            if word.isidentifier() and word not in _WORDS and word not in NAMES:
                close = difflib.get_close_matches(word, NAMES, n=1)
                known = ", ".join(sorted(NAMES))
                hint = f"Did you mean `{close[0]}`?" if close else f"Known names: {known}."
                raise refuse(f"unknown name `{word}`.", hint)
            if word in NAMES and self.text[match.end() :].lstrip().startswith(("(", "[")):
                raise refuse(f"`{word}` is a value: it cannot be called or indexed.")
            position = match.end()

    def _compile(self, refuse: Refuse) -> Rule:
        from rule_engine import Rule, errors  # noqa: PLC0415  (half a second when cold)

        try:
            rule = Rule(self.text, context=_context())
            if rule.statement.expression.result_type.name != "BOOLEAN":
                raise refuse(
                    "is not true or false.", "Compare the value, such as `input_tokens < 1000`."
                )
        except errors.EngineError as error:
            said = str(getattr(error, "message", "")) or "not a condition"
            hint = _KINDS if "mismatch" in said else ""
            raise refuse(f"{said}.", hint) from error
        except RecursionError as error:
            raise refuse("nested too deeply.") from error
        return rule

    def _check_types(self, refuse: Refuse) -> None:
        if any(
            not isinstance(c, list | tuple) for c in _containers(self._rule.statement.expression)
        ):
            raise refuse("`in` needs a list.", 'Write `task in ["refactor", "implement"]`.')
        for name, value in self.comparisons:
            kind = type(NAMES[name])
            if kind is float and isinstance(value, bool | str):
                raise refuse(f"`{name}` is a number, not {value!r}.")
            if kind is not float and type(value) is not kind:
                what = "text in quotes" if kind is str else "true or false"
                raise refuse(f"`{name}` is {what}, not {value!r}.")
            known = VALUES.get(name)
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
        return bool(self._rule.matches({**NAMES, **facts}))

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"


@cache
def _context() -> Context:
    from rule_engine import Context, DataType, type_resolver_from_dict  # noqa: PLC0415

    types = {str: DataType.STRING, float: DataType.FLOAT, bool: DataType.BOOLEAN}
    resolver = type_resolver_from_dict({n: types[type(v)] for n, v in NAMES.items()})
    return Context(type_resolver=resolver)


def _children(node: Any) -> Iterator[Any]:
    for attribute in ("left", "right", "container", "member"):
        child = getattr(node, attribute, None)
        if child is not None:
            yield child
    value = getattr(node, "value", None)
    if isinstance(value, list | tuple):
        yield from value


def _containers(node: Any) -> Iterator[Any]:
    container = getattr(node, "container", None)
    if container is not None:
        yield getattr(container, "value", None)
    for child in _children(node):
        yield from _containers(child)


def _names(node: Any) -> Iterator[str]:
    name = getattr(node, "name", None)
    if isinstance(name, str) and not list(_children(node)):
        yield name
    for child in _children(node):
        yield from _names(child)


def _comparisons(node: Any) -> Iterator[tuple[str, Fact]]:
    """Every (name, constant) pair that the condition compares."""
    pair = [getattr(node, side, None) for side in ("left", "right")]
    if None in pair:
        pair = [getattr(node, side, None) for side in ("member", "container")]
    for one, other in (pair, pair[::-1]):
        name = getattr(one, "name", None)
        if isinstance(name, str) and other is not None:
            for constant in _constants(other):
                yield name, constant
    for child in _children(node):
        yield from _comparisons(child)


def _constants(node: Any) -> Iterator[Fact]:
    value = getattr(node, "value", None)
    if isinstance(value, list | tuple):
        for item in value:
            yield from _constants(item)
    elif isinstance(value, str | bool):
        yield value
    elif value is not None:
        yield float(value)
