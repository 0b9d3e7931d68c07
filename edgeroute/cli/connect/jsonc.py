"""JSON with comments, changed in place: what is not touched keeps its form."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_BLANK: Final = re.compile(r"(?:\s|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)*")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORD: Final = re.compile(r"[^\s,\]}:/]+")
_DEEPEST: Final = 100


@dataclass(slots=True)
class Node:
    """A value at ``[start, end)``. ``members`` are those of an object by name, or a list's items by
    number, each with the place where it begins, its name included.
    """

    start: int
    end: int
    value: Any
    members: dict[Any, tuple[int, Node]] = field(default_factory=dict)


def parse(text: str) -> Node:
    """The value in ``text``; an empty text is an empty object.

    Raises:
        ValueError: it is not JSON, comments and trailing commas aside.
    """
    at = _skip(text, 0)
    if at == len(text):
        return Node(at, at, {})
    node = _node(text, at, 0)
    if _skip(text, node.end) != len(text):
        raise ValueError(f"something follows at character {node.end}")
    return node


def change(text: str, path: Sequence[str], value: Any) -> str:
    """``text`` with ``value`` at ``path``; the items of a list join a list that is there."""
    root = parse(text)
    if root.start == root.end:
        text, root = "{}\n", parse("{}")
    node, rest = root, list(path)
    while rest and isinstance(node.value, dict) and rest[0] in node.members:
        node = node.members[rest.pop(0)][1]
    if rest:
        if not isinstance(node.value, dict):
            raise ValueError(f"`{rest[0]}` cannot be set in what is not an object")
        for name in reversed(rest[1:]):
            value = {name: value}
        return _insert(text, node, f"{json.dumps(rest[0])}: ", value, len(path) - len(rest) + 1)
    if isinstance(value, list) and isinstance(node.value, list):
        for item in value:
            if item not in node.value:
                text = _insert(text, node, "", item, len(path) + 1)
        return text
    if node.value == value:
        return text
    return text[: node.start] + _written(value, len(path)) + text[node.end :]


def remove(text: str, path: Sequence[str | int]) -> str:
    """``text`` without the member at ``path``; as it is where there is none."""
    node = parse(text)
    for name in path[:-1]:
        if name not in node.members:
            return text
        node = node.members[name][1]
    if path[-1] not in node.members:
        return text
    begin, member = node.members[path[-1]]
    end = _skip(text, member.end)
    if text[end] == ",":
        end = end + 1 + len(text[end + 1 :]) - len(text[end + 1 :].lstrip())
    else:
        before = [one.end for _, one in node.members.values() if one.end <= begin]
        begin = max(before, default=begin)
        end = member.end
    return text[:begin] + text[end:]


def _insert(text: str, node: Node, head: str, value: Any, depth: int) -> str:
    written = head + _written(value, depth)
    if not node.members:
        inner = text[node.start + 1 : node.end - 1].rstrip()
        shown = f"{inner}\n{'  ' * depth}{written}\n{'  ' * (depth - 1)}"
        return text[: node.start + 1] + shown + text[node.end - 1 :]
    first = next(iter(node.members.values()))[0]
    blank = text[text.rfind("\n", 0, first) + 1 : first]
    space = f"\n{blank}" if not blank.strip() else " "
    last = max(one.end for _, one in node.members.values())
    comma = _skip(text, last)
    if text[comma] == ",":
        return text[: comma + 1] + space + written + "," + text[comma + 1 :]
    return text[:last] + "," + space + written + text[last:]


def _written(value: Any, depth: int) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + "  " * depth)


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _node(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST or at >= len(text):
        raise ValueError("it is nested too deep" if at < len(text) else "it breaks off")
    if text[at] == '"':
        return Node(at, (end := _string(text, at)), json.loads(text[at:end]))
    if text[at] not in "{[":
        word = _WORD.match(text, at)
        if word is None:
            raise ValueError(f"there is no value at character {at}")
        return Node(at, word.end(), json.loads(word[0]))
    named = text[at] == "{"
    node = Node(at, at, {} if named else [])
    close, here = "}" if named else "]", _skip(text, at + 1)
    while here < len(text) and text[here] != close:
        begin, name = here, len(node.members) if not named else ""
        if named:
            name = json.loads(text[here : (end := _string(text, here))])
            here = _skip(text, end)
            if text[here : here + 1] != ":":
                raise ValueError(f"a colon is missing at character {here}")
            here = _skip(text, here + 1)
        member = _node(text, here, depth + 1)
        node.members[name] = (begin, member)
        here = _skip(text, member.end)
        if text[here : here + 1] == ",":
            here = _skip(text, here + 1)
        elif text[here : here + 1] != close:
            raise ValueError(f"a comma is missing at character {here}")
    if here >= len(text):
        raise ValueError("it breaks off")
    plain = {name: member.value for name, (_, member) in node.members.items()}
    node.end, node.value = here + 1, plain if named else list(plain.values())
    return node


def _string(text: str, at: int) -> int:
    found = _STRING.match(text, at)
    if found is None:
        raise ValueError(f"a text is missing or not ended at character {at}")
    return found.end()
