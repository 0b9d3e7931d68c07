"""Grammars that hold an answer to JSON schemas: of the answer itself, and of tool calls."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.request import Tool
from edgeroute.local.files.catalogue import Style
from edgeroute.local.worker.calls import CLOSE, OPEN

_ANY_JSON: Final[Mapping[str, object]] = {"type": "object"}
_MOST_DIGITS: Final = 15
# A line break inside a string of JSON is written as one.
_CHARACTER: Final = r'[^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4})'
_DEFINITIONS: Final = ("$defs", "definitions")
_END_OF_VALUE: Final = "</parameter>"


def of_schema(schema: Mapping[str, object]) -> str:
    """What holds an answer to ``schema``; to any JSON object where it is empty.

    Raises:
        LocalModelError: the schema asks for what cannot be held.
    """
    rules = _Rules()
    return rules.text(rules.json(schema or _ANY_JSON, "answer"))


def of_calls(
    tools: Sequence[Tool], style: Style, *, several: bool, begun: str = "", answer: Any = None
) -> str:
    """What holds an answer to calls of ``tools``, written as models of ``style`` do.

    ``begun`` is what the prompt has written of them. With ``answer``, a schema, the answer may be
    JSON of that schema instead.

    Raises:
        LocalModelError: a schema asks for what cannot be held.
    """
    rules = _Rules()
    write = _tagged if style == "qwen3.5" else _plain
    one = rules.add("call", " | ".join(write(rules, tool, at) for at, tool in enumerate(tools)))
    opening, closing = _literal(f"{OPEN}\n"), _literal(f"\n{CLOSE}")
    first = f"{opening} {one} {closing}"
    if begun:
        # What is written already is taken off the beginning of each call that has it.
        rest = [
            write(rules, tool, at, begun.removeprefix(f"{OPEN}\n")) for at, tool in enumerate(tools)
        ]
        first = f"( {' | '.join(rest)} ) {closing}"
    again = f'( "\\n" {opening} {one} {closing} )*'
    calls = rules.add("calls", f"{first} {again}" if several else first)
    if answer is None:
        return rules.text(calls)
    return rules.text(f"{calls} | {rules.json(answer or _ANY_JSON, 'answer')}")


def _plain(rules: _Rules, tool: Tool, number: int, begun: str = "") -> str:
    """A call as JSON."""
    head = f'{{"name": {json.dumps(tool.name)}, "arguments": '
    try:
        arguments = rules.json(tool.parameters or _ANY_JSON, f"args{number}")
    except LocalModelError:  # better a call whose arguments may be wrong than none
        arguments = rules.json(_ANY_JSON, f"args{number}")
    return f'{_literal(head.removeprefix(begun))} {arguments} "}}"'


def _tagged(rules: _Rules, tool: Tool, number: int, begun: str = "") -> str:
    """A call as tags: its parameters in their order, those that are required for sure."""
    head = f"<function={tool.name}>\n".removeprefix(begun)
    value = rules.add("words", _until(_END_OF_VALUE))
    properties: Any = tool.parameters.get("properties") or {}
    required: Any = tool.parameters.get("required") or ()
    parts = []
    if not properties and tool.parameters.get("additionalProperties") is not False:
        parts.append(f'( "<parameter=" [^>\\n]+ ">\\n" {value} "\\n{_END_OF_VALUE}\\n" )*')
    for place, name in enumerate(properties):
        opening, closing = _literal(f"<parameter={name}>\n"), _literal("\n</parameter>\n")
        one = rules.add(f"arg{number}-{place}", f"{opening} {value} {closing}")
        parts.append(one if name in required else f"{one}?")
    return " ".join([_literal(head), *parts, _literal("</function>")])


class _Rules:
    """The rules of one grammar."""

    def __init__(self) -> None:
        self._converter = _converter()(
            prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False
        )
        self._own: dict[str, str] = {}

    def add(self, name: str, rule: str) -> str:
        """Add a rule of ours; its name."""
        self._own[name] = rule
        return name

    def json(self, schema: Mapping[str, object], name: str) -> str:
        """The name of the rule for JSON of ``schema``."""
        try:
            whole = _renamed(json.loads(json.dumps(schema)), name)
            found: str = self._converter.visit(self._converter.resolve_refs(whole, name), name)
        except Exception as error:
            raise LocalModelError(
                "The local model cannot hold its answer to this JSON schema.",
                "Use a simpler schema.",
                kind=ErrorKind.BAD_REQUEST,
            ) from error
        return found

    def text(self, root: str) -> str:
        """The whole grammar."""
        rules = {**self._converter._rules, **self._own, "root": root}  # noqa: SLF001
        if "char" in rules:
            rules["char"] = _CHARACTER
        return "\n".join(f"{name} ::= {rule}" for name, rule in rules.items())


@cache
def _converter() -> Any:
    """llama-cpp-python's converter, which knows nothing of the limits of numbers."""
    from llama_cpp import llama_grammar  # noqa: PLC0415 - takes long, and only here

    base: Any = llama_grammar.SchemaConverter

    class Converter(base):  # type: ignore[misc]
        def visit(self, schema: Any, name: str) -> str:
            if isinstance(schema, dict) and schema.get("type") == "integer":
                rule = _integers(*_limits(schema))
                if rule:
                    return str(self._add_rule(name, f"( {rule} ) space"))
            if isinstance(schema, dict) and schema.get("type") == "number":
                rule = _numbers(schema)
                if rule:
                    return str(self._add_rule(name, f"( {rule} ) space"))
            if isinstance(schema, dict) and not schema.get("type") and not _says(schema):
                return str(self._add_primitive("value", llama_grammar.PRIMITIVE_RULES["value"]))
            return str(super().visit(schema, name))

    return Converter


def _says(schema: Mapping[str, object]) -> bool:
    """Whether a schema says anything of what it allows."""
    notes = {"title", "description", "default", "examples", "$schema", "$defs", "definitions"}
    return bool(schema.keys() - notes)


def _renamed(schema: Any, name: str) -> Any:
    """``schema`` with the name of each definition made its own: several tools may use one."""
    if isinstance(schema, list):
        return [_renamed(one, name) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _DEFINITIONS and isinstance(value, dict):
            made[key] = {f"{name}-{inner}": _renamed(one, name) for inner, one in value.items()}
        elif key == "$ref" and isinstance(value, str) and value.count("/") == 2:
            head, _, last = value.rpartition("/")
            made[key] = f"{head}/{name}-{last}"
        else:
            made[key] = _renamed(value, name)
    return made


def _limits(schema: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The least and the greatest whole number that ``schema`` allows; None where it says none."""
    least = [math.ceil(one) for one in _given(schema, "minimum")]
    least += [math.floor(one) + 1 for one in _given(schema, "exclusiveMinimum")]
    most = [math.floor(one) for one in _given(schema, "maximum")]
    most += [math.ceil(one) - 1 for one in _given(schema, "exclusiveMaximum")]
    return max(least, default=None), min(most, default=None)


def _given(schema: Mapping[str, Any], word: str) -> list[float]:
    value = schema.get(word)
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _integers(least: int | None, most: int | None) -> str:
    """The whole numbers between two limits; empty where there are none."""
    if least is None and most is None:
        return ""
    ceiling = 10**_MOST_DIGITS - 1
    low = -ceiling if least is None else least
    high = ceiling if most is None else most
    rules = []
    if low < 0:
        rules.append(f'"-" ( {_digits(max(1, -high), -low)} )')
    if high >= 0:
        rules.append(_digits(max(0, low), high))
    return " | ".join(filter(None, rules))


def _numbers(schema: Mapping[str, Any]) -> str:
    """The numbers between two limits of 0 or more, as decimals; empty for any other limits."""
    low = max(_given(schema, "minimum"), default=None)
    high = min(_given(schema, "maximum"), default=None)
    if low is None or low < 0:
        return ""
    least, fraction = math.ceil(low), f'( "." [0-9]{{1,{_MOST_DIGITS}}} )?'
    if high is None:
        return f"( {_integers(least, None)} ) {fraction}"
    most = math.floor(high)
    if most < least:
        return ""
    below = _integers(least, most - 1) if most > least else ""
    return " | ".join(filter(None, (f"( {below} ) {fraction}" if below else "", _just(most))))


def _just(number: int) -> str:
    """A whole number, with or without zeros behind the point."""
    return f'{_literal(str(number))} ( "." "0"{{1,3}} )?'


def _digits(low: int, high: int) -> str:
    """The decimal numbers from ``low`` to ``high``, neither below 0, by their length."""
    options = []
    for length in range(len(str(low)), len(str(high)) + 1):
        least = max(low, 10 ** (length - 1) if length > 1 else 0)
        most = min(high, 10**length - 1)
        if least <= most:
            options.append(_same_length(str(least), str(most)))
    return " | ".join(options)


def _same_length(low: str, high: str) -> str:
    """The numbers between two of one length, digit by digit."""
    if low == high:
        return _literal(low)
    if len(low) == 1:
        return f"[{low}-{high}]"
    head, rest = low[0], len(low) - 1
    free = f"[0-9]{{{rest}}}"
    if head == high[0]:
        return f"{_literal(head)} ( {_same_length(low[1:], high[1:])} )"
    parts = []
    first, last = int(head), int(high[0])
    if low[1:] != "0" * rest:
        parts.append(f"{_literal(head)} ( {_same_length(low[1:], '9' * rest)} )")
        first += 1
    until = last if high[1:] == "9" * rest else last - 1
    if first <= until:
        parts.append(f"[{first}-{until}] {free}")
    if until != last:
        parts.append(f"{_literal(high[0])} ( {_same_length('0' * rest, high[1:])} )")
    return " | ".join(parts)


def _until(mark: str) -> str:
    """Any text that does not hold ``mark``."""
    options = [f"[^{mark[0]}]"]
    options += [f"{_literal(mark[:at])} [^{mark[at]}]" for at in range(1, len(mark))]
    return f"( {' | '.join(options)} )*"


def _literal(text: str) -> str:
    """``text`` as a grammar writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
